//! The models of agents: each begins a reply to somebody who says hello, with the agent's prompt and tools.

use std::collections::BTreeSet;
use std::time::Duration;

use carrier::send::Sender;
use engine::begin_reply;

use super::finding::Finding;
use super::plain;
use crate::config::settings::Config;
use crate::serve::models;

/// Tries all of them, one after another; a spare as the first agent would have it that names it.
pub(super) async fn examine(sender: &Sender, config: &Config) -> Vec<Finding> {
    let (mut findings, mut tried) = (Vec::new(), BTreeSet::new());
    for (agent, settings, key) in models(config) {
        let who = format!("the model of agent {agent:?}, {},", settings.model.name);
        let replied = begin_reply(sender, &settings, key, None).await;
        findings.push(told(&who, &format!("agents.{agent}"), replied));
        for spare in &settings.spares {
            if tried.insert(spare.name.clone()) {
                let who = format!("spare model {:?}, {},", spare.name, spare.model);
                let replied = begin_reply(sender, &settings, None, Some(spare)).await;
                findings.push(told(&who, &format!("models.{}", spare.name), replied));
            }
        }
    }
    findings
}

fn told(who: &str, section: &str, replied: Result<Duration, String>) -> Finding {
    match replied {
        Ok(after) => Finding::ok(CHECK, format!("{who} begins a reply after {} ms", after.as_millis())),
        Err(why) => Finding::failed(
            CHECK,
            format!("{who} does not reply: {}", plain(&why)),
            format!("mend [{section}]: its api_key, its base_url or its model"),
        ),
    }
}

const CHECK: &str = "models";
