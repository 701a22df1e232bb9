//! XML as far as a report needs it: elements, attributes and text, with the place of whatever is wrong.
//!
//! Rule of the house: everything that makes XML dangerous ends here. Nesting is bounded, no entity but XML's own five
//! is known, and a document that breaks off is an error.

use std::borrow::Cow;

use quick_xml::{
    escape::{EscapeError, resolve_xml_entity, unescape_with},
    events::{BytesRef, BytesStart, Event},
    reader::Reader,
};

use super::{JunitError, Result, value};

/// How deep elements may nest.
pub(super) const DEPTH_LIMIT: usize = 64;

/// Reads a document piece by piece.
pub(super) struct Markup<'x> {
    source: &'x str,
    reader: Reader<&'x [u8]>,
    /// Where each of the open elements begins, outermost first.
    open: Vec<usize>,
    /// Where the last piece begins.
    offset: usize,
}

/// A piece of what an element or the document holds.
pub(super) enum Content<'x> {
    /// A child element. What it holds comes next.
    Child(Element),
    /// A stretch of text, or the one character that a reference stands for.
    Text(Cow<'x, str>),
}

/// The start of an element.
pub(super) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    offset: usize,
}

impl Element {
    /// The name, without a namespace prefix.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The value of an attribute; its line breaks are as they stand in the document.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl<'x> Markup<'x> {
    /// A reader at the beginning of `source`.
    pub(super) fn new(source: &'x str) -> Self {
        let mut reader = Reader::from_str(source);
        // Makes two events, start and end, of `<a/>`: nobody has to know the short form.
        reader.config_mut().expand_empty_elements = true;
        Self {
            source,
            reader,
            open: Vec::new(),
            offset: 0,
        }
    }

    /// The start of the root element.
    pub(super) fn root(&mut self) -> Result<Element> {
        match self.beyond_blanks()? {
            Some(Content::Child(root)) => Ok(root),
            Some(Content::Text(_)) => Err(self.malformed(self.offset, "this is not XML")),
            None => Err(self.malformed(self.source.len(), "there is no element in the document")),
        }
    }

    /// Makes sure that nothing follows the root element.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.beyond_blanks()? {
            Some(_) => Err(self.malformed(self.offset, "the document goes on after its root")),
            None => Ok(()),
        }
    }

    /// The next child of the innermost open element, beyond any text; none at its end.
    pub(super) fn child(&mut self) -> Result<Option<Element>> {
        loop {
            match self.next()? {
                Some(Content::Child(child)) => return Ok(Some(child)),
                Some(Content::Text(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// The next piece of the innermost open element, or of the document where none is open; none at its end.
    pub(super) fn next(&mut self) -> Result<Option<Content<'x>>> {
        loop {
            self.offset = position(self.reader.buffer_position());
            let event = self.reader.read_event().map_err(|problem| {
                self.malformed(position(self.reader.error_position()), problem.to_string())
            })?;
            return match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    self.start(&tag).map(Content::Child).map(Some)
                }
                Event::End(_) => {
                    self.open.pop();
                    Ok(None)
                }
                Event::Text(text) => Ok(Some(Content::Text(text.into_inner()))),
                Event::CData(text) => Ok(Some(Content::Text(text.into_inner()))),
                Event::GeneralRef(name) => self.resolve(&name).map(Content::Text).map(Some),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => continue,
                Event::Eof => self.end_of_document(),
            };
        }
    }

    /// An error at the start of `element`.
    pub(super) fn malformed_at(&self, element: &Element, problem: impl AsRef<str>) -> JunitError {
        self.malformed(element.offset, problem)
    }

    /// The line of the start of `element`, from 1.
    pub(super) fn line_of(&self, element: &Element) -> usize {
        value::line_and_column(self.source, element.offset).0
    }

    fn beyond_blanks(&mut self) -> Result<Option<Content<'x>>> {
        loop {
            match self.next()? {
                Some(Content::Text(text)) if text.trim().is_empty() => {}
                content => return Ok(content),
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'x>) -> Result<Element> {
        if self.open.len() == DEPTH_LIMIT {
            let problem = format!("elements nest deeper than {DEPTH_LIMIT}");
            return Err(self.malformed(self.offset, problem));
        }
        self.open.push(self.offset);
        Ok(Element {
            name: tag.local_name().as_ref().to_owned(),
            attributes: self.attributes(tag)?,
            offset: self.offset,
        })
    }

    fn attributes(&self, tag: &BytesStart<'x>) -> Result<Vec<(String, String)>> {
        tag.attributes()
            .map(|attribute| {
                let attribute = attribute
                    .map_err(|problem| self.malformed(self.offset, problem.to_string()))?;
                let value = unescape_with(&attribute.value, resolve_xml_entity)
                    .map_err(|problem| self.malformed(self.offset, reference_problem(&problem)))?;
                Ok((attribute.key.as_ref().to_owned(), value.into_owned()))
            })
            .collect()
    }

    fn resolve(&self, reference: &BytesRef<'x>) -> Result<Cow<'x, str>> {
        if let Some(text) = resolve_xml_entity(reference) {
            return Ok(Cow::Borrowed(text));
        }
        match reference.resolve_char_ref() {
            Ok(Some(character)) => Ok(Cow::Owned(character.to_string())),
            Ok(None) => Err(self.malformed(self.offset, unknown_entity(reference))),
            Err(problem) => Err(self.malformed(self.offset, problem.to_string())),
        }
    }

    fn end_of_document(&self) -> Result<Option<Content<'x>>> {
        let Some(&unclosed) = self.open.last() else {
            return Ok(None);
        };
        let (line, _) = value::line_and_column(self.source, unclosed);
        let problem =
            format!("the document breaks off inside of the element that starts in line {line}");
        Err(self.malformed(self.source.len(), problem))
    }

    fn malformed(&self, offset: usize, problem: impl AsRef<str>) -> JunitError {
        JunitError::malformed(self.source, offset, problem)
    }
}

/// A place in a document that is in memory, and so no longer than `usize` counts.
fn position(offset: u64) -> usize {
    usize::try_from(offset).expect("the document is a slice")
}

fn reference_problem(problem: &EscapeError) -> String {
    match problem {
        EscapeError::UnrecognizedEntity(_, name) => unknown_entity(name),
        problem => problem.to_string(),
    }
}

fn unknown_entity(name: &str) -> String {
    format!("the entity &{name}; is not known here")
}
