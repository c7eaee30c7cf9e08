//! What is asked, in order, and what each answer may be.

use super::InitError;
use super::answers::{Account, Answerer, Answers, CarrierChoice, Model, SecretPlace, Welcome, secret_place};
use super::ask::{Asking, Question};
use crate::cli::args::InitArgs;
use crate::config::single;

/// Asks for everything. `None` where something was missing and nobody could be asked.
///
/// # Errors
/// An answer is none, or the person went away.
pub(super) fn all(asking: &mut Asking<'_>, args: &InitArgs) -> Result<Option<Answers>, InitError> {
    let question = Question {
        option: "--carrier",
        asked: "1/5  Which carrier: simulated, twilio, telnyx or plivo?",
        usual: asking.is_person().then_some("simulated"),
    };
    let given = args.carrier.map(CarrierChoice::word);
    let Some(choice) = asking.answer(&question, given, one_of::<CarrierChoice>)? else { return Ok(None) };
    let account = account(asking, args, choice)?;
    let usual = (choice == CarrierChoice::Simulated).then_some(SIMULATED_NUMBER);
    let question =
        Question { option: "--number", asked: "3/5  Your number there, with + and country code", usual };
    let number = asking.answer(&question, args.number.as_deref(), single::own_number)?;
    let welcome = welcome(asking, args)?;
    let public_url = public_url(asking, args, choice)?;
    let (Some(account), Some(number), Some(welcome), Some(public_url)) =
        (account, number, welcome, public_url)
    else {
        return Ok(None);
    };
    Ok(Some(Answers { account, number, welcome, public_url }))
}

fn account(
    asking: &mut Asking<'_>,
    args: &InitArgs,
    choice: CarrierChoice,
) -> Result<Option<Account>, InitError> {
    let plain = |asking: &mut Asking<'_>, option, asked, given: &Option<String>| {
        asking.answer(&Question { option, asked, usual: None }, given.as_deref(), single::text)
    };
    let secret = |asking: &mut Asking<'_>, option, asked, usual, given: &Option<String>| {
        asking.answer(&Question { option, asked, usual: Some(usual) }, given.as_deref(), secret_place)
    };
    Ok(match choice {
        CarrierChoice::Simulated => {
            asking.tell("2/5  The simulated network asks for no account.")?;
            Some(Account::Simulated)
        }
        CarrierChoice::Twilio => {
            let sid = plain(
                asking,
                "--account-sid",
                "2/5  The Account SID, AC…, from the console",
                &args.account_sid,
            )?;
            let token = secret(asking, "--auth-token", TOKEN_IS, "env:TWILIO_AUTH_TOKEN", &args.auth_token)?;
            sid.zip(token).map(|(account_sid, auth_token)| Account::Twilio { account_sid, auth_token })
        }
        CarrierChoice::Telnyx => {
            let key = secret(asking, "--api-key", KEY_IS, "env:TELNYX_API_KEY", &args.api_key)?;
            let question = Question {
                option: "--public-key",
                asked: "     The account's public key, from Keys & Credentials in the portal",
                usual: None,
            };
            let public_key = asking.answer(&question, args.public_key.as_deref(), single::telnyx_key)?;
            let asked = "     The id of your Call Control application";
            let app = plain(asking, "--connection-id", asked, &args.connection_id)?;
            match (key, public_key, app) {
                (Some(api_key), Some(public_key), Some(connection_id)) => {
                    Some(Account::Telnyx { api_key, public_key, connection_id })
                }
                _ => None,
            }
        }
        CarrierChoice::Plivo => {
            let id =
                plain(asking, "--auth-id", "2/5  The Auth ID, MA… or SA…, from the console", &args.auth_id)?;
            let token = secret(asking, "--auth-token", TOKEN_IS, "env:PLIVO_AUTH_TOKEN", &args.auth_token)?;
            id.zip(token).map(|(auth_id, auth_token)| Account::Plivo { auth_id, auth_token })
        }
    })
}

/// Who answers. An option that only one answerer has names that one.
fn welcome(asking: &mut Asking<'_>, args: &InitArgs) -> Result<Option<Welcome>, InitError> {
    let meant = match (args.answers, &args.model, &args.greeting) {
        (Some(answers), _, _) => Some(answers),
        (None, Some(_), _) => Some(Answerer::Agent),
        (None, None, Some(_)) => Some(Answerer::Greeting),
        (None, None, None) => None,
    };
    let question = Question {
        option: "--answers",
        asked: "4/5  Who answers those who call: nobody, a greeting, or an agent?",
        usual: Some("nobody"),
    };
    let given = meant.map(Answerer::word);
    let Some(answerer) = asking.answer(&question, given, one_of::<Answerer>)? else { return Ok(None) };
    Ok(match answerer {
        Answerer::Nobody => Some(Welcome::Nobody),
        Answerer::Greeting => {
            let question = Question { option: "--greeting", asked: "     What do they hear?", usual: None };
            asking.answer(&question, args.greeting.as_deref(), single::spoken)?.map(Welcome::Greeting)
        }
        Answerer::Agent => agent(asking, args)?,
    })
}

fn agent(asking: &mut Asking<'_>, args: &InitArgs) -> Result<Option<Welcome>, InitError> {
    let question = Question {
        option: "--greeting",
        asked: "     What do they hear first?",
        usual: Some("Hello, how can I help you?"),
    };
    let greeting = asking.answer(&question, args.greeting.as_deref(), single::spoken)?;
    let question = Question {
        option: "--base-url",
        asked: "     The model's server, which speaks OpenAI's chat completions",
        usual: Some(OPENAI),
    };
    let base_url = asking.answer(&question, args.base_url.as_deref(), single::public_url)?;
    let question = Question { option: "--model", asked: "     The server's name for the model", usual: None };
    let name = asking.answer(&question, args.model.as_deref(), single::text)?;
    // A server on this machine mostly asks for no key.
    let usual = if base_url.as_deref() == Some(OPENAI) { "env:OPENAI_API_KEY" } else { "" };
    let question = Question {
        option: "--model-key",
        asked: "     Its API key: in which variable or file is it? env:NAME or file:PATH",
        usual: Some(usual),
    };
    let optional = |text: &str| if text.is_empty() { Ok(None) } else { secret_place(text).map(Some) };
    let api_key = asking.answer(&question, args.model_key.as_deref(), optional)?;
    let question = Question {
        option: "--prompt",
        asked: "     Who is it, and what is it for?",
        usual: Some("You answer the telephone. Be brief: what you write is spoken."),
    };
    let prompt = asking.answer(&question, args.prompt.as_deref(), single::text)?;
    Ok(match (greeting, base_url, name, api_key, prompt) {
        (Some(greeting), Some(base_url), Some(name), Some(api_key), Some(prompt)) => {
            Some(Welcome::Agent { greeting, agent: Model { base_url, name, api_key, prompt } })
        }
        _ => None,
    })
}

/// The public address: inner `None` where there is none.
fn public_url(
    asking: &mut Asking<'_>,
    args: &InitArgs,
    choice: CarrierChoice,
) -> Result<Option<Option<String>>, InitError> {
    if choice == CarrierChoice::Simulated && args.public_url.is_none() {
        asking.tell("5/5  The simulated network reaches this machine by itself.")?;
        return Ok(Some(None));
    }
    let (asked, usual) = match choice {
        CarrierChoice::Plivo => ("5/5  The https address at which Plivo reaches this gateway", None),
        _ => ("5/5  The https address at which the carrier reaches this gateway, if there is one", Some("")),
    };
    let question = Question { option: "--public-url", asked, usual };
    let read = |text: &str| if text.is_empty() { Ok(None) } else { single::public_url(text).map(Some) };
    asking.answer(&question, args.public_url.as_deref(), read)
}

/// One of a few words.
fn one_of<T: clap::ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true).map_err(|_| {
        let words = T::value_variants().iter().filter_map(T::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        format!("is none of {}", words.join(", "))
    })
}

impl Answerer {
    fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Greeting => "greeting",
            Self::Agent => "agent",
        }
    }
}

impl SecretPlace {
    /// It as people read it.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Variable(name) => name,
            Self::File(path) => path,
        }
    }
}

const TOKEN_IS: &str = "     The auth token: in which variable or file is it? env:NAME or file:PATH";
const KEY_IS: &str = "2/5  The API key: in which variable or file is it? env:NAME or file:PATH";

/// Nobody's number, on the simulated network.
const SIMULATED_NUMBER: &str = "+15550100000";

const OPENAI: &str = "https://api.openai.com/v1";
