//! Writes `public_url` into a configuration, and leaves all else in it as it stands: order, comments
//! and spacing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value, value};

/// Why it was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingError {
    /// The file can't be read or written.
    #[error("cannot write public_url into {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is no TOML.
    #[error("cannot write public_url into {}, which is no TOML: {error}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where it isn't.
        error: toml_edit::TomlError,
    },
}

/// Sets it in the file. Whether that changed anything.
///
/// # Errors
/// The file stays as it was.
pub(super) fn set(path: &Path, url: &str) -> Result<bool, SettingError> {
    let failed = |error| SettingError::File { path: path.to_owned(), error };
    let text = fs::read_to_string(path).map_err(failed)?;
    let changed = with(&text, url).map_err(|error| SettingError::Toml { path: path.to_owned(), error })?;
    if changed == text {
        return Ok(false);
    }
    replace(path, &changed).map_err(failed)?;
    Ok(true)
}

/// The same text with this `public_url`.
fn with(text: &str, url: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    match document.get_mut("public_url") {
        Some(Item::Value(written)) => {
            if written.as_str() != Some(url) {
                let decor = written.decor().clone();
                *written = Value::from(url);
                *written.decor_mut() = decor;
            }
        }
        _ => {
            document.insert("public_url", value(url));
        }
    }
    Ok(document.to_string())
}

/// Puts another content in a file's place, whole or not at all, for the same readers as before.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one.
    let path = path.canonicalize()?;
    let before = fs::metadata(&path)?;
    let mut name = path.clone().into_os_string();
    name.push(format!(".new-{}", std::process::id()));
    let new = PathBuf::from(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = file
        .write_all(text.as_bytes())
        // Only root may give a file away; whoever may write it and isn't its owner keeps it readable.
        .and_then(|()| match fchown(&file, Some(before.uid()), Some(before.gid())) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            given => given,
        })
        .and_then(|()| file.set_permissions(fs::Permissions::from_mode(before.permissions().mode() & 0o7777)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

#[cfg(test)]
mod tests {
    use super::{set, with};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn nothing_but_the_address_changes() {
        let url = "https://calls.example.com";
        for (before, after) in [
            ("", "public_url = \"https://calls.example.com\"\n"),
            (
                "# mine\npublic_url   = 'https://old.example.com' # why\n\n[store]\n",
                "# mine\npublic_url   = \"https://calls.example.com\" # why\n\n[store]\n",
            ),
            (
                "\"public_url\" = 'https://calls.example.com'\n",
                "\"public_url\" = 'https://calls.example.com'\n",
            ),
            (
                "listen = \"127.0.0.1:1\" # here\n\n# A table.\n[api] # its head\ntoken = \"public_url = 1\"\n",
                "listen = \"127.0.0.1:1\" # here\npublic_url = \"https://calls.example.com\"\n\n# A table.\n[api] # its head\ntoken = \"public_url = 1\"\n",
            ),
            (
                "# top\n[agents.a]\nprompt = \"\"\"\npublic_url = 1\n[x]\n\"\"\"\n",
                "public_url = \"https://calls.example.com\"\n# top\n[agents.a]\nprompt = \"\"\"\npublic_url = 1\n[x]\n\"\"\"\n",
            ),
        ] {
            assert_eq!(with(before, url).expect("it is TOML"), after, "{before}");
        }
        assert!(with("a = ", url).is_err());
    }

    #[test]
    fn the_file_keeps_its_readers_and_a_link_its_target() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (file, link) = (folder.path().join("real.toml"), folder.path().join("offhook.toml"));
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\n").expect("it can be written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
        std::os::unix::fs::symlink(&file, &link).expect("a link can be made");
        assert!(set(&link, "https://a.example.com").expect("it can be set"));
        assert!(!set(&link, "https://a.example.com").expect("it can be set"));
        assert!(link.symlink_metadata().expect("it is there").is_symlink());
        assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o640);
        assert!(std::fs::read_to_string(&file).expect("it is there").contains("a.example.com"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 2, "nothing else is left");
    }
}
