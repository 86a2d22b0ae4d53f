//! The body: Markdown to HTML and text in one walk, both with marks in the places of values.

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::RenderError;
use super::marks::{INK, Marked};
use super::plain::{TEXT_COLUMNS_MAX, escape_html, is_safe_url, one_line, printable, wrap};

/// A link alone in its paragraph with the title "button", at the start of `events`; one with the title "second" has an
/// outline alone, and stands beside the button before it where there is room.
pub(super) struct Button<'a> {
    url: &'a str,
    label: String,
    is_second: bool,
    /// How many events it takes.
    length: usize,
}

pub(super) fn button<'a>(events: &'a [Event<'_>]) -> Option<Button<'a>> {
    let [
        Event::Start(Tag::Paragraph),
        Event::Start(Tag::Link { dest_url, title, .. }),
        rest @ ..,
    ] = events
    else {
        return None;
    };
    let end = rest.iter().position(|event| *event == Event::End(TagEnd::Link))?;
    let is_alone = rest.get(end + 1) == Some(&Event::End(TagEnd::Paragraph));
    let is_second = title.as_ref() == "second";
    ((title.as_ref() == "button" || is_second) && is_alone).then(|| Button {
        url: dest_url,
        label: plain_text(&rest[..end]),
        is_second,
        length: end + 4,
    })
}

fn plain_text(events: &[Event<'_>]) -> String {
    let words: String = events
        .iter()
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => text.as_ref(),
            Event::SoftBreak | Event::HardBreak => " ",
            _ => "",
        })
        .collect();
    one_line(&words)
}

/// Markdown to HTML and text, both with their marks; `names` are those of the values.
pub fn write(markdown: &str, names: &[&str]) -> Result<(String, Vec<Line>), RenderError> {
    let events: Vec<_> = Parser::new_ext(markdown, Options::empty()).collect();
    let mut writer = Writer {
        names,
        ..Writer::default()
    };
    let mut rest = events.as_slice();
    while let Some((event, after)) = rest.split_first() {
        if let Some(first) = button(rest) {
            rest = &rest[first.length..];
            let second = button(rest).filter(|button| button.is_second);
            rest = &rest[second.as_ref().map_or(0, |button| button.length)..];
            writer.buttons(&first, second.as_ref())?;
        } else {
            writer.event(event)?;
            rest = after;
        }
    }
    Ok((writer.html, writer.text))
}

/// One thing of the text part, before it is wrapped.
#[derive(Debug)]
pub enum Line {
    /// An empty line.
    Gap,
    /// Text behind its margins: the one of its first line, and the one of those below.
    Words { first: String, rest: String, text: Marked },
    /// A line of one sign below the words before it, as long as they are.
    Rule(char),
}

/// The text part: wrapped at 72 characters.
pub fn write_text(lines: &[Line], values: &[String]) -> String {
    let mut written = String::with_capacity(2_048);
    // Of the words before: their margin and their length.
    let mut above = ("", 0);
    for line in lines {
        match line {
            Line::Gap => {}
            Line::Words { first, rest, text } => {
                let words = text.fill(values);
                wrap(&mut written, (first, rest), &words);
                above = (rest, words.chars().count());
                continue;
            }
            Line::Rule(sign) => {
                written.push_str(above.0);
                written.extend(std::iter::repeat_n(*sign, above.1.min(TEXT_COLUMNS_MAX)));
            }
        }
        written.push('\n');
    }
    written
}

/// Writes both parts in one walk over the Markdown events.
#[derive(Default)]
struct Writer<'a> {
    /// What the values are called, by their places.
    names: &'a [&'a str],
    html: String,
    text: Vec<Line>,
    /// Text of the block being read, not yet wrapped.
    block: String,
    /// Margins of the lists and quotes around it, outermost first.
    margins: Vec<Margin>,
    /// Number of the next item of each list around it; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The next block of text comes after an empty line.
    gap: bool,
    /// Target of the link being read, and where its text starts in `block`.
    link: Option<(String, usize)>,
}

/// What stands left of a block of text: `first` on its first line (a bullet), `rest` below.
struct Margin {
    first: String,
    rest: String,
}

impl Writer<'_> {
    fn event(&mut self, event: &Event<'_>) -> Result<(), RenderError> {
        match event {
            Event::Start(tag) => self.start(tag)?,
            Event::End(tag) => self.end(*tag),
            // Owners cannot publish HTML or code; should it come here all the same, it is text.
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => self.words(text),
            Event::SoftBreak => {
                self.html.push('\n');
                self.block.push(' ');
            }
            Event::HardBreak => {
                self.html.push_str("<br>\n");
                self.block.push('\n');
            }
            Event::Rule => {
                self.html
                    .push_str("<hr class=\"soft\" style=\"margin:24px 0;border:0;border-top:1px solid #cbd2d9\">\n");
                self.block.push_str("* * *");
                self.gap = true;
                self.flush();
                self.gap = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), RenderError> {
        match tag {
            Tag::Paragraph => self.html.push_str("<p style=\"margin:0 0 16px\">"),
            Tag::Heading { level, .. } => {
                let (name, size_px) = heading(*level);
                self.html.push_str(&format!(
                    "<{name} style=\"margin:24px 0 12px;font-size:{size_px}px;line-height:1.3;font-weight:700\">"
                ));
            }
            Tag::BlockQuote(_) => {
                self.html.push_str("<blockquote class=\"soft\" style=\"margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #cbd2d9;color:#52606d\">\n");
                self.margins.push(Margin {
                    first: "> ".to_owned(),
                    rest: "> ".to_owned(),
                });
            }
            Tag::List(first) => {
                self.flush();
                let margin = if self.lists.is_empty() { "0 0 16px" } else { "6px 0 0" };
                let (name, start) = match first {
                    Some(number) => ("ol", format!(" start=\"{number}\"")),
                    None => ("ul", String::new()),
                };
                self.html.push_str(&format!(
                    "<{name}{start} style=\"margin:{margin};padding:0 0 0 28px\">\n"
                ));
                self.lists.push(*first);
            }
            Tag::Item => {
                self.html.push_str("<li style=\"margin:0 0 6px\">");
                let first = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.margins.push(Margin {
                    rest: " ".repeat(first.len()),
                    first,
                });
            }
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Link {
                link_type, dest_url, ..
            } => {
                let url = match link_type {
                    LinkType::Email => CowStr::from(format!("mailto:{dest_url}")),
                    _ => dest_url.clone(),
                };
                self.html.push_str(&format!(
                    "<a class=\"link\" href=\"{}\" style=\"color:{INK};text-decoration:underline\">",
                    escape_html(self.safe_link(&url)?)
                ));
                self.link = Some((url.into_string(), self.block.len()));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.html.push_str("</p>\n");
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(level) => {
                self.html.push_str(&format!("</{}>\n", heading(level).0));
                let is_blank = self.block.trim().is_empty();
                self.flush();
                match level {
                    _ if is_blank => {}
                    HeadingLevel::H1 => self.text.push(Line::Rule('=')),
                    HeadingLevel::H2 => self.text.push(Line::Rule('-')),
                    _ => {}
                }
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.html.push_str("</blockquote>\n");
                self.margins.pop();
            }
            TagEnd::List(is_ordered) => {
                self.html.push_str(if is_ordered { "</ol>\n" } else { "</ul>\n" });
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            TagEnd::Item => {
                self.html.push_str("</li>\n");
                self.flush();
                self.margins.pop();
            }
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Link => {
                self.html.push_str("</a>");
                if let Some((url, start)) = self.link.take() {
                    let shown = url.strip_prefix("mailto:").unwrap_or(&url);
                    if self.block[start..].trim() != shown && !self.says_itself(&url) {
                        self.block.push_str(&format!(" ({shown})"));
                    }
                }
            }
            _ => {}
        }
    }

    fn words(&mut self, text: &str) {
        let text = printable(text);
        self.html.push_str(&escape_html(&text));
        self.block.push_str(&text);
    }

    /// A row of one button or two; on a telephone the second stands below the first.
    fn buttons(&mut self, first: &Button<'_>, second: Option<&Button<'_>>) -> Result<(), RenderError> {
        self.html.push_str(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:8px 0 24px\"><tr>\n",
        );
        self.button(first)?;
        if let Some(second) = second {
            self.html
                .push_str("<td class=\"between\" width=\"12\" height=\"12\" style=\"font-size:12px;line-height:12px\">&nbsp;</td>\n");
            self.button(second)?;
        }
        self.html.push_str("</tr></table>\n");
        Ok(())
    }

    /// A cell with a background and a padded link: the shape that also Outlook for Windows paints. 24 px of line and 2 x 12 px of padding: 48 px tall,
    /// above the 44 px of WCAG 2.5.5.
    fn button(&mut self, button: &Button<'_>) -> Result<(), RenderError> {
        let url = self.safe_link(button.url)?.to_owned();
        let ink = INK.to_string();
        let (class, ground, words) = match button.is_second {
            true => ("second", "#ffffff", ink.as_str()),
            false => ("button", ink.as_str(), "#ffffff"),
        };
        self.html.push_str(&format!(
            "<td class=\"cell {class}\" align=\"center\" bgcolor=\"{ground}\" style=\"border:2px solid {INK};border-radius:6px;background-color:{ground};mso-padding-alt:10px 26px\">\
             <a class=\"{class}\" href=\"{}\" style=\"display:block;padding:10px 26px;border-radius:4px;background-color:{ground};color:{words};\
             font-size:16px;line-height:24px;font-weight:600;text-decoration:none\">{}</a></td>\n",
            escape_html(&url),
            escape_html(&button.label)
        ));
        self.block = match self.says_itself(&url) {
            true => format!("→ {}", button.label),
            false => format!("→ {}\n{url}", button.label),
        };
        self.flush();
        self.gap = true;
        Ok(())
    }

    /// Whether the words of a link say where it leads: a number to dial, an address to write to.
    fn says_itself(&self, url: &str) -> bool {
        let place = Marked::new(url).pieces.first().map(|(_, place)| *place);
        let name = place.and_then(|place| self.names.get(place));
        name.is_some_and(|name| name.starts_with("tel") || name.starts_with("mailto"))
    }

    /// Writes the block that was read below an empty line where one is due.
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        if block.trim().is_empty() {
            return;
        }
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push(Line::Gap);
        }
        for words in block.split('\n').filter(|words| !words.trim().is_empty()) {
            let first = self.margins.iter().map(|margin| margin.first.as_str()).collect();
            for margin in &mut self.margins {
                margin.first.clone_from(&margin.rest);
            }
            let rest = self.margins.iter().map(|margin| margin.rest.as_str()).collect();
            self.text.push(Line::Words {
                first,
                rest,
                text: Marked::new(words),
            });
        }
    }

    /// A link that an email may have: all of it fixed, or all of it the value of one `…_url` variable, which was looked at by itself.
    fn safe_link<'u>(&self, url: &'u str) -> Result<&'u str, RenderError> {
        let name = |place: usize| self.names.get(place).copied().unwrap_or_default();
        let marked = Marked::new(url);
        let is_safe = match &marked.pieces[..] {
            [] => is_safe_url(url),
            [(before, place)] => before.is_empty() && marked.end.is_empty() && name(*place).ends_with("_url"),
            _ => false,
        };
        is_safe.then_some(url).ok_or(RenderError::Link)
    }
}

fn heading(level: HeadingLevel) -> (&'static str, u8) {
    match level {
        HeadingLevel::H1 => ("h1", 24),
        HeadingLevel::H2 => ("h2", 20),
        _ => ("h3", 17),
    }
}
