//! `offhook transcript` and `offhook recording`: what is kept of what was said on a call.

use std::io;
use std::path::Path;

use super::args::{RecordingArgs, TranscriptArgs};
use super::gateway::Gateway;
use super::wire::Call;
use super::{CommandError, Exit, Terminal};

/// Prints who said what, and when.
pub(super) async fn transcript(
    gateway: &Gateway,
    args: &TranscriptArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let call: Call = gateway.call_by_beginning(&args.id).await?.read()?;
    if args.json {
        terminal.print_json(&gateway.transcript(&call.id, args.tools).await?.json()?)?;
        return Ok(Exit::Done);
    }
    let text = gateway.transcript_in_words(&call.id, args.tools).await?;
    if text.is_empty() {
        terminal.remark("nothing was said yet that anybody wrote down");
    }
    // Letters by which a terminal could be led are none of a transcript's.
    let plain = |letter: char| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter };
    terminal.print(&text.chars().map(plain).collect::<String>())?;
    Ok(Exit::Done)
}

/// Writes a call's recording to a file, or deletes it.
pub(super) async fn recording(
    gateway: &Gateway,
    args: &RecordingArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    let call = gateway.whole_id(&args.id).await?;
    let Some(path) = &args.output else {
        gateway.delete_recording(&call).await?;
        terminal.remark(&format!("the recording of {call} is deleted"));
        return Ok(Exit::Done);
    };
    let sound = gateway.recording(&call).await?;
    write(path, &sound).map_err(|error| {
        CommandError::Usage(format!("cannot write {}: {error}; name another file", path.display()))
    })?;
    terminal.remark(&format!("{} bytes in {}", sound.len(), path.display()));
    Ok(Exit::Done)
}

/// Nobody else is to hear it, and nothing is overwritten.
fn write(path: &Path, sound: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(sound)
}
