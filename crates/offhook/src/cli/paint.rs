//! Colour and columns, as plain text in and plain text out.

/// Whether and how texts are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// For files, pipes and those who want none.
    Plain,
    /// With ANSI colours, for a terminal.
    Coloured,
}

/// What a text means to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Normal,
    /// What the eye should find first.
    Strong,
    /// What the eye may skip.
    Faint,
    /// It went well.
    Good,
    /// It is under way.
    Busy,
    /// It went wrong.
    Bad,
}

/// A text with its tone.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Paint {
    /// Gives `text` the colour of its tone.
    pub(crate) fn paint(self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Normal => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Busy => "36",
            Tone::Bad => "31",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    /// Puts rows into columns that are as wide as their widest cell, two spaces apart.
    pub(crate) fn columns(self, rows: &[Vec<Cell>]) -> String {
        let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width_of =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0);
        let widths: Vec<usize> = (0..n_columns).map(width_of).collect();
        rows.iter().map(|row| self.row(row, &widths)).collect()
    }

    fn row(self, row: &[Cell], widths: &[usize]) -> String {
        let mut line = String::new();
        let n_cells = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
        for (column, (cell, width)) in row.iter().zip(widths).take(n_cells).enumerate() {
            line += &self.paint(&cell.text, cell.tone);
            if column + 1 < n_cells {
                line += &" ".repeat(width - cell.width() + 2);
            }
        }
        line + "\n"
    }
}

impl Cell {
    /// A text with a tone.
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }

    /// A text as it is.
    pub(crate) fn normal(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Normal)
    }

    /// The same with more behind it.
    pub(crate) fn followed_by(mut self, more: &str) -> Self {
        self.text += more;
        self
    }

    /// A row of column heads.
    pub(crate) fn heads(heads: &[&str]) -> Vec<Self> {
        heads.iter().map(|head| Self::new(*head, Tone::Faint)).collect()
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Paint, Tone};

    #[test]
    fn columns_stand_straight_with_and_without_colour() {
        let rows = [
            Cell::heads(&["A", "LONG", "C"]),
            vec![Cell::new("é1", Tone::Good), Cell::normal("x"), Cell::normal("")],
            vec![Cell::normal(""), Cell::new("y", Tone::Bad), Cell::normal("z")],
        ];
        assert_eq!(Paint::Plain.columns(&rows), "A   LONG  C\né1  x\n    y     z\n");
        let coloured = Paint::Coloured.columns(&rows);
        assert_eq!(coloured.lines().nth(1), Some("\x1b[32mé1\x1b[0m  x"));
        assert_eq!(coloured.lines().nth(2), Some("    \x1b[31my\x1b[0m     z"));
    }
}
