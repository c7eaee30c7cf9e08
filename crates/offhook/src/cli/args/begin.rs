//! What may be typed to begin: a configuration, and a way in for the carriers.

use clap::Args;

use crate::init::answers::{Answerer, CarrierChoice};

/// `offhook init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Whose number it is
    #[arg(long, value_enum, value_name = "CARRIER")]
    pub(crate) carrier: Option<CarrierChoice>,
    /// Your number, such as +12025550100
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// Who answers those who call
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) answers: Option<Answerer>,
    /// What callers hear, or hear first where an agent talks with them then
    #[arg(long, value_name = "TEXT")]
    pub(crate) greeting: Option<String>,
    /// The https address at which the carrier reaches this gateway
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Twilio: the Account SID, AC…
    #[arg(long, value_name = "SID", help_heading = ACCOUNT)]
    pub(crate) account_sid: Option<String>,
    /// Plivo: the Auth ID, MA… or SA…
    #[arg(long, value_name = "ID", help_heading = ACCOUNT)]
    pub(crate) auth_id: Option<String>,
    /// Twilio, Plivo: where the auth token is, env:NAME or file:PATH; never the token itself
    #[arg(long, value_name = "PLACE", help_heading = ACCOUNT)]
    pub(crate) auth_token: Option<String>,
    /// Telnyx: where the API key is, env:NAME or file:PATH
    #[arg(long, value_name = "PLACE", help_heading = ACCOUNT)]
    pub(crate) api_key: Option<String>,
    /// Telnyx: the account's public key
    #[arg(long, value_name = "KEY", help_heading = ACCOUNT)]
    pub(crate) public_key: Option<String>,
    /// Telnyx: the id of the Call Control application
    #[arg(long, value_name = "ID", help_heading = ACCOUNT)]
    pub(crate) connection_id: Option<String>,
    /// The server's name for the language model that talks
    #[arg(long, value_name = "NAME", help_heading = AGENT)]
    pub(crate) model: Option<String>,
    /// The model's server, which speaks OpenAI's chat completions [default: that of OpenAI]
    #[arg(long, value_name = "URL", help_heading = AGENT)]
    pub(crate) base_url: Option<String>,
    /// Where the server's key is, env:NAME or file:PATH [default: env:OPENAI_API_KEY at OpenAI, else none]
    #[arg(long, value_name = "PLACE", help_heading = AGENT)]
    pub(crate) model_key: Option<String>,
    /// Who the model is and what it is for
    #[arg(long, value_name = "TEXT", help_heading = AGENT)]
    pub(crate) prompt: Option<String>,
    /// Overwrites a file that is there without asking
    #[arg(long)]
    pub(crate) force: bool,
    /// Writes the file and doesn't look whether it works: asks no carrier
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Prints what was done and found as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `offhook tunnel`.
#[derive(Debug, Args)]
pub(crate) struct TunnelArgs {
    /// Writes this address into the configuration as `public_url`, and leaves all else in it as it stands
    #[arg(long, value_name = "URL")]
    pub(crate) set: Option<String>,
    /// Writes the address of an ngrok that runs on this machine and leads to the gateway
    #[arg(long, conflicts_with = "set")]
    pub(crate) write: bool,
    /// Where ngrok's agent tells of its tunnels
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4040")]
    pub(crate) ngrok_api: String,
    /// Prints what was found as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

const ACCOUNT: &str = "The carrier's account";
const AGENT: &str = "An agent that answers";
