//! Whether a carrier's own settings send its webhooks to this gateway. Of calls that we place each
//! request says where they go; of calls that come in, the carrier's settings do.

use call::PhoneNumber;
use call::call::Unknown;
use carrier::send::Sender;
use carrier::{Next, Reply, SendError, Setting, Stake, Wiring};

use super::accounts::{Account, Brand};
use super::finding::{Finding, Level};

/// Asks how the carrier treats each number whose callers are answered; where there is none, how it
/// treats every call.
pub(super) async fn examine(account: &Account, sender: &Sender) -> Vec<Finding> {
    let mut findings = Vec::new();
    let numbers: Vec<Option<&PhoneNumber>> = match account.called.as_slice() {
        [] => vec![None],
        called => called.iter().take(NUMBERS_MAX).map(Some).collect(),
    };
    for number in numbers {
        let told = ask(account, sender, number).await;
        findings.extend(told.map_or_else(
            |error| vec![unasked(account, number, &super::shown(&error))],
            |told| judge(account, number, told),
        ));
    }
    let n_left = account.called.len().saturating_sub(NUMBERS_MAX);
    if n_left > 0 {
        let what = format!("{n_left} more numbers at {} were not asked about", account.name);
        findings.push(Finding::plain("webhooks", Level::Note, what));
    }
    findings
}

async fn ask(
    account: &Account,
    sender: &Sender,
    number: Option<&PhoneNumber>,
) -> Result<Result<Wiring, Unknown>, SendError> {
    let mut replies: Vec<Reply> = Vec::new();
    loop {
        match account.line.carrier.webhook_settings(number, &replies) {
            Next::Done(told) => return Ok(told),
            Next::Ask(request) => {
                replies.push(sender.send(&request, account.line.request_timeout).await?);
            }
        }
    }
}

/// What the carrier's settings mean for our calls.
pub(super) fn judge(
    account: &Account,
    number: Option<&PhoneNumber>,
    told: Result<Wiring, Unknown>,
) -> Vec<Finding> {
    let name = &account.name;
    let settings = match told {
        Err(unknown) => return vec![unasked(account, number, &unknown.detail)],
        Ok(Wiring::Untold) => return Vec::new(),
        Ok(Wiring::NoSuchNumber) => return vec![missing(account, number)],
        Ok(Wiring::Told(settings)) => settings,
    };
    let mut wrong = settings.iter().filter(|setting| !setting.is_right()).peekable();
    if wrong.peek().is_none() {
        let what = match number {
            Some(number) => format!("{name} tells this gateway of calls to {number}"),
            None => format!("{name} tells of its calls in the words that are read here"),
        };
        return vec![Finding::ok("webhooks", what)];
    }
    wrong.map(|setting| wrongly_set(account, number, setting)).collect()
}

fn wrongly_set(account: &Account, number: Option<&PhoneNumber>, setting: &Setting) -> Finding {
    let found = setting.found.as_deref().map_or_else(|| "not set".to_owned(), shown);
    let wanted = setting.wanted.as_deref().unwrap_or("not to be set");
    let name = &account.name;
    let calls = match (number, setting.stake) {
        (Some(number), Stake::CallsIn | Stake::News) => format!("calls to {number}"),
        _ => "all calls".to_owned(),
    };
    let what = format!("{name}, {calls}: {} is {found}, and must be {wanted}", setting.name);
    let level = match setting.stake {
        Stake::News => Level::Warning,
        Stake::EveryCall | Stake::CallsIn => account.worst(),
    };
    Finding { way_out: Some(way_out(account)), ..Finding::plain("webhooks", level, what) }
}

fn missing(account: &Account, number: Option<&PhoneNumber>) -> Finding {
    let number = number.map(ToString::to_string).unwrap_or_default();
    let what = format!("{} has no number {number}: nobody's call to it comes here", account.name);
    let way_out = match account.simulated_at {
        Some(_) => way_out(account),
        None => "see that the number is in this account and no other; else set inbound = \"deny\"".to_owned(),
    };
    Finding { way_out: Some(way_out), ..Finding::plain("webhooks", account.worst(), what) }
}

fn unasked(account: &Account, number: Option<&PhoneNumber>, why: &str) -> Finding {
    let calls = number.map(|number| format!("calls to {number}")).unwrap_or_else(|| "its calls".to_owned());
    Finding::warning(
        "webhooks",
        format!("whom {} tells of {calls} can't be asked ({why})", account.name),
        "look at the carrier's own pages; a key with few rights may not ask",
    )
}

/// Where the settings are.
fn way_out(account: &Account) -> String {
    let base = &account.callback_base;
    if account.simulated_at.is_some() {
        return "start the gateway again: it tells the simulated network when it starts".to_owned();
    }
    match account.brand {
        Brand::Twilio => format!(
            "Twilio console, Phone Numbers, the number, Voice: a call comes in: Webhook {base}/voice; \
             call status changes: {base}/status"
        ),
        Brand::Telnyx => format!(
            "Telnyx portal, Voice, the Call Control application: active, API v2, webhook {base}/events; \
             and the number connected to it"
        ),
        Brand::Plivo => format!(
            "Plivo console, Voice, Applications: answer URL {base}/voice, hangup URL {base}/status; \
             and the number connected to it"
        ),
    }
}

impl Account {
    /// How bad it is when calls don't come in: on the simulated network nobody real calls.
    fn worst(&self) -> Level {
        if self.simulated_at.is_some() { Level::Warning } else { Level::Failed }
    }
}

/// What is set at the carrier, without what may be secret in an address: who signs in, and the
/// query.
fn shown(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !letter.is_control()).take(SHOWN_MAX).collect();
    let address = plain.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => plain,
    }
}

/// So many numbers of a carrier are asked about: two requests each.
const NUMBERS_MAX: usize = 20;
/// So many letters of what is set are shown.
const SHOWN_MAX: usize = 200;
