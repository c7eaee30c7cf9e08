//! The models of agents: each begins a reply to somebody who says hello, with the agent's prompt and tools.

use std::collections::BTreeSet;
use std::iter;
use std::time::Duration;

use carrier::send::Sender;
use engine::begin_reply;
use futures::future::join_all;

use super::finding::Finding;
use super::plain;
use crate::config::settings::Config;
use crate::serve::models;

/// Tries all of them at once; a spare as the first agent would have it that names it.
pub(super) async fn examine(sender: &Sender, config: &Config) -> Vec<Finding> {
    let (mut tries, mut tried) = (Vec::new(), BTreeSet::new());
    for (agent, settings, key) in models(config) {
        let who = format!("the model of agent {agent:?}, {},", settings.model.name);
        let spares = settings.spares.iter().filter(|spare| tried.insert(spare.name.clone()));
        let spares: Vec<_> = spares
            .cloned()
            .map(|spare| {
                let who = format!("spare model {:?}, {},", spare.name, spare.model);
                (who, format!("models.{}", spare.name), Some(spare), None)
            })
            .collect();
        for (who, section, spare, key) in
            iter::once((who, format!("agents.{agent}"), None, key)).chain(spares)
        {
            let settings = settings.clone();
            tries.push(async move {
                told(&who, &section, begin_reply(sender, &settings, key, spare.as_ref()).await)
            });
        }
    }
    join_all(tries).await
}

fn told(who: &str, section: &str, replied: Result<Duration, String>) -> Finding {
    match replied {
        Ok(after) => Finding::ok(CHECK, format!("{who} begins a reply after {} ms", after.as_millis())),
        Err(why) => Finding::failed(
            CHECK,
            format!("{who} does not reply: {}", plain(&why)),
            format!(
                "mend [{section}]: its api_key, its base_url or its model; or give the agent's reply_within more time"
            ),
        ),
    }
}

const CHECK: &str = "models";
