//! Forms with a file, as browsers send them (RFC 7578).

/// A file of a form.
pub(crate) struct File<'a> {
    pub(crate) field: &'a str,
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// The type and the body of a form with these fields and this file. Names are written as they are.
pub(crate) fn form(fields: &[(&str, &str)], file: &File<'_>) -> (String, Vec<u8>) {
    let boundary = boundary(fields, file);
    let mut body = Vec::with_capacity(file.bytes.len() + 1_024);
    for (name, value) in fields {
        let head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    let File { field, name, content_type, bytes } = file;
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         content-type: {content_type}\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// What parts the fields: the first of its kind that none of them has. A form of finite length doesn't
/// have them all.
fn boundary(fields: &[(&str, &str)], file: &File<'_>) -> String {
    let is_free = |boundary: &String| {
        let has = |bytes: &[u8]| bytes.windows(boundary.len()).any(|part| part == boundary.as_bytes());
        !has(file.bytes) && !fields.iter().any(|(_, value)| has(value.as_bytes()))
    };
    let mut all = (0u64..).map(|number| format!("{BOUNDARY}-{number}"));
    all.find(is_free).expect("a form is shorter than all boundaries")
}

/// How each of them begins.
const BOUNDARY: &str = "offhook-6f1d0c8e52b94a7d93e0";

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File<'_> {
        File { field: "file", name: "a.wav", content_type: "audio/wav", bytes }
    }

    #[test]
    fn a_form_is_written_as_browsers_write_it() {
        let (content_type, body) = form(&[("model", "whisper-1")], &file(b"RIFF"));
        assert_eq!(content_type, "multipart/form-data; boundary=offhook-6f1d0c8e52b94a7d93e0-0");
        let wanted = "--offhook-6f1d0c8e52b94a7d93e0-0\r\n\
            content-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
            --offhook-6f1d0c8e52b94a7d93e0-0\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
            content-type: audio/wav\r\n\r\nRIFF\r\n--offhook-6f1d0c8e52b94a7d93e0-0--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), wanted);
    }

    #[test]
    fn no_field_can_end_itself() {
        let wicked = format!("\r\n--{BOUNDARY}-0--\r\n");
        let (content_type, _) = form(&[("prompt", &wicked)], &file(b""));
        assert!(content_type.ends_with("-1"), "{content_type}");
        let (content_type, _) = form(&[("prompt", &wicked)], &file(format!("{BOUNDARY}-1").as_bytes()));
        assert!(content_type.ends_with("-2"), "{content_type}");
    }
}
