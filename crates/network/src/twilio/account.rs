//! Who may use the API: HTTP Basic with an account's SID and token, or with an API key and its
//! secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::ApiError;
use crate::settings::Account;
use crate::wire::WireRequest;

/// The account that a request may act for. It must be the one in the path: Twilio answers 20003
/// for another's.
pub(crate) fn authenticated<'a>(
    accounts: &'a [Account],
    request: &WireRequest,
    account_sid: &str,
) -> Result<&'a Account, ApiError> {
    let (user, password) = credentials(request).ok_or_else(ApiError::unauthenticated)?;
    accounts
        .iter()
        .find(|account| account.account_sid == account_sid && opens(account, &user, &password))
        .ok_or_else(ApiError::unauthenticated)
}

fn opens(account: &Account, user: &str, password: &str) -> bool {
    if user == account.account_sid {
        return password == account.auth_token;
    }
    account.api_keys.get(user).is_some_and(|secret| secret == password)
}

fn credentials(request: &WireRequest) -> Option<(String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
