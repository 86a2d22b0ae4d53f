//! A small SOQL: `SELECT fields FROM object [WHERE tests] [ORDER BY field [ASC|DESC]] [LIMIT n]`.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// A query that was understood.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) fields: Vec<String>,
    pub(super) object: String,
    pub(super) filter: Option<Filter>,
    /// Field, and whether the greatest comes first.
    pub(super) order: Option<(String, bool)>,
    pub(super) limit: Option<usize>,
}

/// What a record must be like.
#[derive(Debug)]
pub(super) enum Filter {
    Test { field: String, equal: bool, value: Value },
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

impl Filter {
    /// Every test in it: the field and what it is compared with.
    pub(super) fn tests(&self) -> Vec<(&str, &Value)> {
        match self {
            Self::Test { field, value, .. } => vec![(field, value)],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }

    /// Whether a record fits, read through `value`. Texts are compared without regard to case.
    pub(super) fn fits(&self, read: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::Test { field, equal, value } => same(&read(field), value) == *equal,
            Self::All(parts) => parts.iter().all(|part| part.fits(read)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(read)),
        }
    }
}

/// Whether two values are the same to Salesforce.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.to_lowercase() == other.to_lowercase(),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// Reads a query; the error says where it ended.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser(tokens(text)?);
    parser.expect("SELECT")?;
    let mut fields = vec![parser.name()?];
    while parser.mark(',') {
        fields.push(parser.name()?);
    }
    parser.expect("FROM")?;
    let object = parser.name()?;
    let filter = if parser.word("WHERE") {
        Some(parser.filter()?)
    } else {
        None
    };
    let order = if parser.word("ORDER") {
        Some(parser.order()?)
    } else {
        None
    };
    let limit = if parser.word("LIMIT") {
        Some(parser.count()?)
    } else {
        None
    };
    match parser.0.front() {
        Some(token) => Err(format!("unexpected token: {token:?}")),
        None => Ok(Query {
            fields,
            object,
            filter,
            order,
            limit,
        }),
    }
}

struct Parser(VecDeque<Token>);

impl Parser {
    fn word(&mut self, keyword: &str) -> bool {
        self.0
            .pop_front_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)))
            .is_some()
    }

    fn mark(&mut self, mark: char) -> bool {
        self.0.pop_front_if(|token| *token == Token::Mark(mark)).is_some()
    }

    fn expect(&mut self, keyword: &str) -> Result<(), String> {
        if self.word(keyword) {
            Ok(())
        } else {
            Err(format!("expecting {keyword}, found {:?}", self.0.front()))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.0.pop_front() {
            Some(Token::Word(name)) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(name),
            token => Err(format!("expecting a name, found {token:?}")),
        }
    }

    fn count(&mut self) -> Result<usize, String> {
        match self.0.pop_front() {
            Some(Token::Word(number)) => number
                .parse()
                .map_err(|_| format!("expecting a number, found {number}")),
            token => Err(format!("expecting a number, found {token:?}")),
        }
    }

    fn order(&mut self) -> Result<(String, bool), String> {
        self.expect("BY")?;
        let field = self.name()?;
        let descending = self.word("DESC");
        self.word("ASC");
        Ok((field, descending))
    }

    /// Tests with AND between all of them, or with OR; the two mix in parentheses only.
    fn filter(&mut self) -> Result<Filter, String> {
        let first = self.test()?;
        let both = self
            .0
            .front()
            .map(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("AND")));
        let keyword = if both == Some(true) { "AND" } else { "OR" };
        let mut parts = vec![first];
        while self.word(keyword) {
            parts.push(self.test()?);
        }
        Ok(if keyword == "AND" {
            Filter::All(parts)
        } else {
            Filter::Any(parts)
        })
    }

    fn test(&mut self) -> Result<Filter, String> {
        if self.mark('(') {
            let inner = self.filter()?;
            return if self.mark(')') {
                Ok(inner)
            } else {
                Err("expecting a right parenthesis".to_owned())
            };
        }
        let field = self.name()?;
        let equal = match self.0.pop_front() {
            Some(Token::Mark('=')) => true,
            Some(Token::Mark('!')) => false,
            token => return Err(format!("unknown operator: {token:?}")),
        };
        Ok(Filter::Test {
            field,
            equal,
            value: self.value()?,
        })
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.0.pop_front() {
            Some(Token::Text(text)) => Ok(json!(text)),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Ok(json!(true)),
                "false" => Ok(json!(false)),
                "null" => Ok(Value::Null),
                number => number
                    .parse::<f64>()
                    .map(|number| json!(number))
                    .map_err(|_| format!("a bind: {word}")),
            },
            token => Err(format!("expecting a value, found {token:?}")),
        }
    }
}

fn tokens(text: &str) -> Result<VecDeque<Token>, String> {
    let mut rest = text.chars().peekable();
    let mut tokens = VecDeque::new();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_whitespace() => {}
            ',' | '(' | ')' | '=' => tokens.push_back(Token::Mark(c)),
            '!' if rest.next_if_eq(&'=').is_some() => tokens.push_back(Token::Mark('!')),
            '\'' => tokens.push_back(Token::Text(quoted(&mut rest)?)),
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                tokens.push_back(Token::Word(word));
            }
            c => return Err(format!("unexpected character: {c}")),
        }
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// The rest of a quoted text, escapes undone.
fn quoted(rest: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        let c = match c {
            '\'' => return Ok(text),
            '\\' => match rest.next() {
                Some('n' | 'N') => '\n',
                Some('r' | 'R') => '\r',
                Some('t' | 'T') => '\t',
                Some('b' | 'B') => '\u{8}',
                Some('f' | 'F') => '\u{c}',
                Some(c @ ('\'' | '"' | '\\')) => c,
                other => return Err(format!("invalid string escape: {other:?}")),
            },
            c => c,
        };
        text.push(c);
    }
    Err("unterminated string".to_owned())
}
