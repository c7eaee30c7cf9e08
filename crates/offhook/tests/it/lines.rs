//! Makes tests of a story that must go the same way however the gateway is connected, and whichever
//! carrier it is connected to.

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

/// A test for each carrier.
macro_rules! on_every_carrier {
    ($($story:ident),+ $(,)?) => {
        $(
            mod $story {
                #[test]
                fn twilio() {
                    super::$story($crate::world::Face::Twilio);
                }

                #[test]
                fn telnyx() {
                    super::$story($crate::world::Face::Telnyx);
                }

                #[test]
                fn plivo() {
                    super::$story($crate::world::Face::Plivo);
                }
            }
        )+
    };
}
