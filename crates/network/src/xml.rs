//! A small tree of XML elements, enough to hold TwiML and Plivo's documents.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may nest. TwiML needs three, and speech with marks of emphasis in a prompt five.
const DEPTH_MAX: usize = 16;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) children: Vec<Element>,
    /// All text inside, that of children included, in order.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// A whole number in an attribute, or what holds without it.
    pub(crate) fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.attribute(name).and_then(|value| value.trim().parse().ok()).unwrap_or(otherwise)
    }

    /// A yes or no in an attribute, or what holds without it.
    pub(crate) fn flag(&self, name: &str, otherwise: bool) -> bool {
        self.attribute(name).map_or(otherwise, |value| value.trim().eq_ignore_ascii_case("true"))
    }
}

/// Reads a document and returns its root element; if it can't be read, why.
pub(crate) fn read(document: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                if open.len() == DEPTH_MAX {
                    return Err(format!("elements nest deeper than {DEPTH_MAX}"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => close(&mut open, &mut root, element(&start)?)?,
            Event::End(_) => {
                let done = open.pop().ok_or("an element is closed that was not opened")?;
                close(&mut open, &mut root, done)?;
            }
            Event::Text(text) => {
                write(&mut open, &text.decode().map_err(|error| error.to_string())?)?;
            }
            Event::CData(text) => {
                write(&mut open, &text.decode().map_err(|error| error.to_string())?)?;
            }
            Event::GeneralRef(reference) => write(&mut open, &resolved(&reference)?)?,
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if open.is_empty() {
        root.ok_or_else(|| "there is no element".to_owned())
    } else {
        Err("the document ends inside an element".to_owned())
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.unescape_value().map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        attributes.insert(key, value.into_owned());
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn close(open: &mut [Element], root: &mut Option<Element>, done: Element) -> Result<(), String> {
    if let Some(parent) = open.last_mut() {
        parent.text.push_str(&done.text);
        parent.children.push(done);
    } else if root.replace(done).is_some() {
        return Err("there is more than one root element".to_owned());
    }
    Ok(())
}

fn write(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("there is text outside of the root element".to_owned()),
    }
    Ok(())
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    let text = resolve_predefined_entity(&name);
    text.map(str::to_owned).ok_or_else(|| format!("there is no entity &{name};"))
}
