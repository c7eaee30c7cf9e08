//! Linear sound of 16 bits as bytes, in either order.

use crate::frame::{Frame, SampleRate, WrongLength};

/// Which byte of a sample comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The high one: RTP's L16 (RFC 3551 section 4.5.11).
    Big,
    /// The low one: Plivo's `audio/x-l16`, Telnyx's `L16`, WAV, and what recognizers take.
    Little,
}

impl ByteOrder {
    /// The frame that these bytes are.
    ///
    /// # Errors
    /// They are more or fewer than a frame of this rate has.
    pub fn read(self, rate: SampleRate, bytes: &[u8]) -> Result<Frame, WrongLength> {
        let wanted = rate.frame_samples() * 2;
        if bytes.len() != wanted {
            return Err(WrongLength { got: bytes.len(), wanted, unit: "bytes" });
        }
        let mut frame = Frame::silence(rate);
        for (sample, pair) in frame.samples_mut().iter_mut().zip(bytes.as_chunks().0) {
            *sample = match self {
                ByteOrder::Big => i16::from_be_bytes(*pair),
                ByteOrder::Little => i16::from_le_bytes(*pair),
            };
        }
        Ok(frame)
    }

    /// Writes a frame after what is there.
    pub fn write(self, frame: &Frame, into: &mut Vec<u8>) {
        let samples = frame.samples().iter();
        match self {
            ByteOrder::Big => into.extend(samples.flat_map(|sample| sample.to_be_bytes())),
            ByteOrder::Little => into.extend(samples.flat_map(|sample| sample.to_le_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sounds::noise;

    #[test]
    fn the_high_byte_is_where_the_order_says() {
        let mut bytes = vec![0; 320];
        bytes[..2].copy_from_slice(&[0x12, 0xF4]);
        let first = |order: ByteOrder| order.read(SampleRate::Hz8000, &bytes).unwrap().samples()[0];
        assert_eq!((first(ByteOrder::Big), first(ByteOrder::Little)), (0x12F4, -0x0BEE));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for rate in SampleRate::ALL {
            let frame = &noise(7, rate, -12.0, 1)[0];
            for order in [ByteOrder::Big, ByteOrder::Little] {
                let mut bytes = Vec::new();
                order.write(frame, &mut bytes);
                assert_eq!(order.read(rate, &bytes).as_ref(), Ok(frame));
            }
        }
    }

    #[test]
    fn half_a_sample_is_refused() {
        let refused = ByteOrder::Big.read(SampleRate::Hz8000, &[0; 319]);
        assert_eq!(refused, Err(WrongLength { got: 319, wanted: 320, unit: "bytes" }));
    }
}
