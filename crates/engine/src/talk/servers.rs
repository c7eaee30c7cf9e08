//! The servers that have tools for models: each is connected once, for all calls, and a model has what they
//! list when it is asked.

use crate::calls::Calls;
use crate::settings::{Settings, ToolServer, ToolSettings};
use agent::model::Model;
use agent::offer::{Offered, known_as};
use call::Call;
use carrier::send::Sender;
use futures::future::join_all;
use mcp::{Address, Server, Tool};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The servers that the configuration in force names.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    open: Mutex<Vec<Open>>,
    /// What the log says already of tools that models can't have.
    told: Mutex<BTreeSet<String>>,
}

/// A server, and what the configuration calls it first.
#[derive(Debug)]
struct Open {
    name: String,
    address: Address,
    server: Arc<Server>,
}

/// How a tool is used.
pub(crate) enum Way {
    /// Its arguments are posted.
    Post(ToolSettings),
    /// It is a server's.
    Server {
        /// Whose.
        server: Arc<Server>,
        /// The server's name for it.
        tool: String,
        /// How long it may take.
        timeout: Duration,
    },
}

impl Servers {
    /// Has those that these settings name connected, and no others. A use that is under way ends over its old
    /// connection.
    pub(crate) fn are_those_of(&self, settings: &Settings, sender: &Sender) {
        let mut open = held(&self.open);
        let mut kept: Vec<Open> = Vec::new();
        for (name, ToolServer { address, .. }) in settings.agents.values().flat_map(|agent| &agent.servers) {
            if kept.iter().any(|one| one.address.is(address)) {
                continue;
            }
            let known = open.iter().find(|one| one.address.is(address)).map(|one| Arc::clone(&one.server));
            let new = || Arc::new(Server::open(name.clone(), address.clone(), sender.clone()));
            let server = known.unwrap_or_else(new);
            kept.push(Open { name: name.clone(), address: address.clone(), server });
        }
        *open = kept;
        held(&self.told).clear();
    }

    /// Leaves all.
    pub(crate) fn close(&self) {
        held(&self.open).clear();
    }

    fn at(&self, address: &Address) -> Option<Arc<Server>> {
        held(&self.open).iter().find(|one| one.address.is(address)).map(|one| Arc::clone(&one.server))
    }

    /// What somebody should know of those that can't be had.
    pub(crate) fn missing(&self) -> Vec<String> {
        let told = |one: &Open| {
            let name = &one.name;
            one.server.is_down().then(|| {
                format!("the server of tools {name} can't be had; models are without its tools, see 'offhook doctor'")
            })
        };
        held(&self.open).iter().filter_map(told).collect()
    }

    /// Says once why a model is without a tool.
    fn tell(&self, agent: &str, server: &str, why: &str) {
        let mut told = held(&self.told);
        if told.len() < TOLD_MAX && told.insert(format!("{agent} {server} {why}")) {
            tracing::warn!(agent, server, why, "a model is without a tool");
        }
    }
}

impl Calls {
    /// Gives a model the tools that the servers of the call's agent have now. One that can't be had keeps no
    /// call waiting: the model is without its tools.
    pub(crate) async fn give_tools(&self, call: &Call, model: &mut Model) {
        let Some(agent) = self.agent_of(call) else { return };
        let asked = agent.servers.iter().map(|(name, server)| async move {
            let open = self.servers().at(&server.address)?;
            match open.tools(LIST_WITHIN).await {
                Ok(tools) => Some((name, server, tools)),
                Err(why) => {
                    tracing::debug!(call = %call.facts.id, server = name, why, "a model is without its tools");
                    None
                }
            }
        });
        for (name, server, tools) in join_all(asked).await.into_iter().flatten() {
            for why in model.give(name, offered(server, &tools)) {
                self.servers().tell(&agent.agent.name, name, &why);
            }
        }
    }

    /// How a tool of the call's agent is used, as it is configured now.
    pub(crate) fn way_of(&self, call: &Call, known: &str) -> Option<Way> {
        let agent = self.agent_of(call)?;
        if let Some(settings) = agent.tools.get(known) {
            return Some(Way::Post(settings.clone()));
        }
        // In the order in which they were given: of two that are known alike the model has the first.
        agent.servers.iter().find_map(|(name, settings)| {
            let server = self.servers().at(&settings.address)?;
            let tools = server.known_tools();
            let tool = tools
                .iter()
                .find(|tool| settings.gives(&tool.name) && known_as(name, &tool.name) == known)?;
            Some(Way::Server { tool: tool.name.clone(), timeout: settings.timeout, server })
        })
    }
}

fn offered<'t>(server: &'t ToolServer, tools: &'t [Tool]) -> impl Iterator<Item = Offered> + use<'t> {
    let given = tools.iter().filter(|tool| server.gives(&tool.name));
    given.cloned().map(|Tool { name, description, schema }| Offered { name, description, schema })
}

/// What a panic elsewhere left behind is still whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a call waits for a server that is being connected for the first time.
const LIST_WITHIN: Duration = Duration::from_secs(2);
/// So much is said of tools that models can't have.
const TOLD_MAX: usize = 200;
