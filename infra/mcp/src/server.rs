//! The server of the protocol: lists the questions and answers them.

use std::collections::BTreeMap;

use piste_crm::Http;
use piste_domain::Locale;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};

use crate::answer::{CHARS_MAX, Window, windowed};
use crate::api::{Api, Refusal};
use crate::mask::{May, masked};
use crate::texts;
use crate::tools::{Kind, LIMIT_DEFAULT, OFFSET, TEXTS, TOOLS, Tool};

/// How many pages of the quarantine are counted: what lies behind them is said to be more.
const PAGES_COUNTED: usize = 10;

/// Answers an assistant.
pub struct Assistant<H> {
    /// Where it asks.
    pub api: Api<H>,
    /// Whether names, addresses and numbers are shown.
    pub reveal: bool,
    /// The language of what is said.
    pub locale: Locale,
    /// What fences the texts of strangers.
    pub fence: String,
}

impl<H: Http + Send + Sync + 'static> ServerHandler for Assistant<H> {
    fn get_info(&self) -> ServerConfig {
        let piste = Implementation::new("piste", env!("CARGO_PKG_VERSION"));
        let masks = match self.reveal {
            true => texts::revealed(self.locale),
            false => texts::masked(self.locale),
        };
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(piste)
            .with_instructions(format!("{} {masks}", texts::instructions(self.locale)))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = TOOLS.iter().map(|tool| self.described(tool)).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        TOOLS
            .iter()
            .find(|tool| tool.name == name)
            .map(|tool| self.described(tool))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == request.name) else {
            return Err(ErrorData::invalid_params(texts::no_such_tool(self.locale), None));
        };
        let given = request.arguments.unwrap_or_default();
        let result = match self.answer(tool, &given).await {
            Ok(content) => CallToolResult::success(content),
            Err(why) => CallToolResult::error(vec![ContentBlock::text(why)]),
        };
        Ok(result.into())
    }
}

impl<H: Http> Assistant<H> {
    fn described(&self, tool: &Tool) -> rmcp::model::Tool {
        let schema = tool.schema(self.reveal, self.locale);
        let title = (tool.title)(self.locale);
        // It reads what others write all the time, so the same question may have another answer.
        let annotations =
            ToolAnnotations::from_raw(Some(title.to_owned()), Some(true), Some(false), Some(true), Some(false));
        rmcp::model::Tool::new(tool.name, (tool.about)(self.locale), schema)
            .with_title(title)
            .with_annotations(annotations)
    }

    async fn answer(&self, tool: &Tool, given: &Map<String, Value>) -> Result<Vec<ContentBlock>, String> {
        let arguments = tool.read(given, self.reveal, self.locale);
        let arguments = arguments.map_err(|wrong| wrong.join("\n"))?;
        let of = |name: &str| {
            arguments
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str())
        };
        let offset = of(OFFSET).and_then(|number| number.parse().ok()).unwrap_or(0);
        let may = May {
            reveal: self.reveal,
            texts: of(TEXTS) == Some("true"),
        };
        let mut path = tool.path.to_owned();
        let mut query = Vec::new();
        for (name, value) in &arguments {
            let place = format!("{{{name}}}");
            if path.contains(&place) {
                path = path.replace(&place, value);
            } else if ![OFFSET, TEXTS].contains(name) {
                query.push((*name, value.clone()));
            }
        }
        if tool.kind == Kind::Page && of("limit").is_none() {
            query.push(("limit", LIMIT_DEFAULT.to_string()));
        }
        let mut answer = match tool.kind {
            Kind::Held => self.held(&path).await,
            _ => self.api.get(&path, &query).await,
        }
        .map_err(|refusal| refusal.say(self.locale))?;
        if tool.kind == Kind::Newest {
            let lists = answer.as_object_mut().into_iter().flatten();
            lists
                .filter_map(|(_, value)| value.as_array_mut())
                .for_each(|list| list.reverse());
        }
        self.fitting(tool, &answer, offset, may)
    }

    /// As much of an answer as fits, masked.
    fn fitting(&self, tool: &Tool, answer: &Value, offset: usize, may: May) -> Result<Vec<ContentBlock>, String> {
        let mut window = match tool.kind {
            // A page is as long as it was asked for.
            Kind::Page => Some(Window {
                rows: usize::MAX / 2,
                ..Window::from(0)
            }),
            _ => Some(Window::from(offset)),
        };
        while let Some(now) = window {
            let (shown, said) = masked(&windowed(answer.clone(), now), tool.shape, may);
            let shown = shown.to_string();
            let length = shown.chars().count() + said.iter().map(|text| text.chars().count()).sum::<usize>();
            if length <= CHARS_MAX {
                let fenced = (!said.is_empty()).then(|| self.fenced(&said));
                return Ok(std::iter::once(shown).chain(fenced).map(ContentBlock::text).collect());
            }
            window = now.smaller().filter(|_| tool.kind != Kind::Page);
        }
        Err(texts::too_long(self.locale).to_owned())
    }

    /// What strangers wrote, apart from the answer and named as such.
    fn fenced(&self, said: &[String]) -> String {
        let numbered: BTreeMap<_, _> = (1..).map(|n: usize| format!("text {n:03}")).zip(said).collect();
        let warned = texts::untrusted(self.locale);
        let fence = &self.fence;
        format!(
            "{warned}\n<untrusted {fence}>\n{}\n</untrusted {fence}>",
            json!(numbered)
        )
    }

    /// How many posts are held, by form and by reason: no word of them leaves.
    async fn held(&self, path: &str) -> Result<Value, Refusal> {
        let (mut held, mut more) = (0_u64, false);
        let (mut forms, mut reasons) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        let mut cursor = None::<String>;
        for page in 1..=PAGES_COUNTED {
            let query: Vec<_> = cursor.iter().map(|cursor| ("cursor", cursor.clone())).collect();
            let answer = self.api.get(path, &query).await?;
            for post in answer["posts"].as_array().into_iter().flatten() {
                held += 1;
                if let Some(form) = post["form"].as_str() {
                    *forms.entry(form.to_owned()).or_default() += 1;
                }
                for reason in post["reasons"].as_array().into_iter().flatten() {
                    if let Some(code) = reason["code"].as_str() {
                        *reasons.entry(code.to_owned()).or_default() += 1;
                    }
                }
            }
            cursor = answer["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
            more = page == PAGES_COUNTED;
        }
        Ok(json!({ "held": held, "more": more, "by_form": forms, "by_reason": reasons }))
    }
}
