//! Makes tests of a story that must go the same way however the gateway is connected.

/// A test with webhooks and one without.
macro_rules! on_both_lines {
    ($story:ident) => {
        mod $story {
            #[test]
            fn with_webhooks() {
                super::$story($crate::world::Line::Webhooks);
            }

            #[test]
            fn by_looks_only() {
                super::$story($crate::world::Line::LooksOnly);
            }
        }
    };
}
