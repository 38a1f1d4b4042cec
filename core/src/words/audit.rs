//! The commitment to an audit entry: what is left of it when its details are erased.

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

use super::AuditNote;

/// A subject's secret: without it a commitment cannot be tied to any details.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditSalt([u8; 32]);

impl AuditSalt {
    /// A new salt, made of two random UUIDs (244 random bits).
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        bytes[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self(bytes)
    }

    /// A salt as a store kept it.
    pub fn kept(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl AuditNote {
    /// HMAC-SHA256 (RFC 2104) of the canonical details under the subject's salt.
    pub fn commitment(&self, salt: &AuditSalt) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&salt.0) else {
            unreachable!("HMAC takes a key of any length");
        };
        mac.update(self.canonical_details().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The details as they are committed to: JSON without white space, keys in byte order.
    pub fn canonical_details(&self) -> String {
        let mut json = String::new();
        canonical(&self.details, &mut json);
        json
    }
}

/// Keys are sorted here and not left to the map, whose order depends on how `serde_json` is built.
fn canonical(value: &Value, json: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            json.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                let _ = write!(json, "{}:", Value::String(key.clone()));
                canonical(value, json);
            }
            json.push('}');
        }
        Value::Array(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                canonical(item, json);
            }
            json.push(']');
        }
        plain => {
            let _ = write!(json, "{plain}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn note(details: Value) -> AuditNote {
        AuditNote {
            code: "any".to_owned(),
            details,
        }
    }

    #[test]
    fn details_have_one_form() {
        let details = json!({ "b": [1, { "z": null, "a": "\"" }], "a": true });
        assert_eq!(
            note(details).canonical_details(),
            r#"{"a":true,"b":[1,{"a":"\"","z":null}]}"#
        );
    }

    #[test]
    fn a_commitment_is_the_hmac_of_the_canonical_details() {
        // Computed with Python's hmac module.
        let expected = [
            0x4e, 0x9b, 0x9c, 0x9c, 0x2f, 0x63, 0x44, 0x3b, 0xb4, 0x0a, 0x99, 0x86, 0xda, 0x26,
            0x50, 0xdd, 0x14, 0xb8, 0xa1, 0xcf, 0xc8, 0xb8, 0x83, 0x15, 0x51, 0x2c, 0x7f, 0x75,
            0x11, 0x68, 0x5b, 0x04,
        ];
        let salt = AuditSalt::kept([7; 32]);
        assert_eq!(note(json!({ "b": 2, "a": 1 })).commitment(&salt), expected);
    }

    #[test]
    fn salts_differ() {
        assert!(AuditSalt::random() != AuditSalt::random());
    }
}
