//! The models of agents: each begins a reply to somebody who says hello, with the agent's prompt and tools.

use std::collections::BTreeSet;
use std::time::Duration;

use carrier::send::Sender;
use engine::{Asked, begin_reply};
use futures::future::join_all;

use super::finding::Finding;
use super::plain;
use crate::config::settings::Config;
use crate::serve::models;

/// Tries all of them at once; a spare as the first agent would have it that names it.
pub(super) async fn examine(sender: &Sender, config: &Config) -> Vec<Finding> {
    let (mut all, mut named) = (Vec::new(), BTreeSet::new());
    for (agent, own) in models(config) {
        let spares: Vec<Asked> = own.spares.iter().map(|spare| own.by(spare)).collect();
        all.push((format!("the model of agent {agent:?}, {},", own.name), format!("agents.{agent}"), own));
        for spare in spares.into_iter().filter(|spare| named.insert(spare.name.clone())) {
            all.push((format!("spare model {:?}", spare.name), format!("models.{}", spare.name), spare));
        }
    }
    join_all(
        all.iter().map(async |(who, section, asked)| told(who, section, begin_reply(sender, asked).await)),
    )
    .await
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
