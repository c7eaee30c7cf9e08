//! The servers of tools: each is connected, and says what it has.

use agent::model::Model;
use agent::offer::Offered;
use carrier::send::Sender;
use engine::ToolServer;
use mcp::{Listing, Tool, look};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::finding::Finding;
use super::plain;
use crate::config::settings::{Config, ConfiguredAgent};
use crate::serve::tool_server;

/// Tries those of all agents, one after another.
pub(super) async fn examine(sender: &Sender, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (agent, configured) in &config.agents {
        let Some(mut model) = model_of(configured) else { continue };
        for (name, server) in &configured.mcp {
            let server = tool_server(server);
            let since = Instant::now();
            let listed = look(&server.address, sender, WITHIN).await;
            let of = Of { agent, name };
            match listed {
                Ok(listing) => {
                    findings.extend(of.listed(&server, listing, since.elapsed(), &mut model));
                }
                Err(why) => findings.push(of.missing(&why)),
            }
        }
    }
    findings
}

/// An agent's model, which has the tools that are configured one by one.
fn model_of(ConfiguredAgent { model, realtime, .. }: &ConfiguredAgent) -> Option<Model> {
    let words = model.as_ref().map(|settings| &settings.model);
    words.or(realtime.as_ref().map(|realtime| &realtime.settings.model)).cloned()
}

/// Of which server something is found.
struct Of<'a> {
    agent: &'a str,
    name: &'a str,
}

impl Of<'_> {
    fn listed(
        &self,
        server: &ToolServer,
        Listing { tools, left_out }: Listing,
        after: Duration,
        model: &mut Model,
    ) -> Vec<Finding> {
        let (who, section) = (self.who(), self.section());
        let (n_listed, ms) = (tools.len(), after.as_millis());
        let listed: BTreeMap<String, Tool> =
            tools.into_iter().map(|tool| (tool.name.clone(), tool)).collect();
        let n_before = model.tools.len();
        let offered = listed.values().filter(|tool| server.gives(&tool.name)).cloned();
        let offered = offered.map(|Tool { name, description, schema }| Offered { name, description, schema });
        let refused = model.give(self.name, offered);
        let n_given = model.tools.len() - n_before;
        let told = format!("{who} lists {n_listed} tools in {ms} ms, of which the model has {n_given}");
        let mut findings = vec![match n_given {
            0 => Finding::warning(CHECK, told, format!("see what it should list, and `only` in {section}")),
            _ => Finding::ok(CHECK, told),
        }];
        let missing = server.only.iter().flatten().filter(|name| !listed.contains_key(*name));
        findings.extend(missing.map(|missing| {
            let known: Vec<&str> = listed.keys().map(String::as_str).take(SHOWN_MAX).collect();
            Finding::warning(
                CHECK,
                format!("{who} has no tool {missing:?}"),
                format!("mend `only` in {section}; it has {}", known.join(", ")),
            )
        }));
        let without = left_out.iter().chain(&refused);
        findings.extend(without.map(|why| {
            let way_out =
                format!("give {section} another name, or say with `only` which tools the model needs");
            Finding::warning(CHECK, format!("{who} has what the model can't be given: {why}"), way_out)
        }));
        findings
    }

    fn missing(&self, why: &str) -> Finding {
        Finding::failed(
            CHECK,
            format!("{} can't be had: {}", self.who(), plain(why)),
            format!(
                "mend {}: its url, its token or its command; until then the model is without its tools",
                self.section()
            ),
        )
    }

    fn who(&self) -> String {
        format!("server of tools {:?}", self.name)
    }

    fn section(&self) -> String {
        format!("[agents.{}.mcp.{}]", self.agent, self.name)
    }
}

const CHECK: &str = "tools";
/// How long a server may take. A program may have to be fetched first.
const WITHIN: Duration = Duration::from_secs(30);
/// So many names are shown of those that there are.
const SHOWN_MAX: usize = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn what_a_model_is_without_is_told() {
        let tool =
            |name: &str| Tool { name: name.to_owned(), description: String::new(), schema: "{}".to_owned() };
        let address = mcp::Address::Command(Vec::new());
        let only = Some(["find".to_owned(), "cancel".to_owned()].into());
        let server = ToolServer { address, only, timeout: WITHIN };
        let mut model = Model {
            name: String::new(),
            prompt: String::new(),
            transfers: BTreeMap::new(),
            tools: BTreeMap::new(),
        };
        let of = Of { agent: "clerk", name: "hotel" };
        let listing =
            Listing { tools: vec![tool("find"), tool("book")], left_out: vec!["\"x\": no".to_owned()] };

        let findings = of.listed(&server, listing, Duration::from_millis(7), &mut model);

        let told: Vec<(Level, &str)> = findings.iter().map(|one| (one.level, one.what.as_str())).collect();
        assert_eq!(
            told,
            [
                (Level::Ok, "server of tools \"hotel\" lists 2 tools in 7 ms, of which the model has 1"),
                (Level::Warning, "server of tools \"hotel\" has no tool \"cancel\""),
                (Level::Warning, "server of tools \"hotel\" has what the model can't be given: \"x\": no"),
            ]
        );
        let way_out = findings[1].way_out.as_deref().unwrap();
        assert_eq!(way_out, "mend `only` in [agents.clerk.mcp.hotel]; it has book, find");
        assert!(model.tools.contains_key("hotel_find"));
        assert_eq!(of.missing("no").level, Level::Failed);
    }
}
