//! The page's files, compiled in. A file's name holds a hash of what is in it, so that browsers
//! may keep it for a year.

use std::sync::OnceLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

struct Asset {
    path: String,
    kind: &'static str,
    body: &'static str,
}

/// The style sheet's address.
pub(crate) fn stylesheet() -> &'static str {
    &all()[0].path
}

/// The icon's address.
pub(crate) fn icon() -> &'static str {
    &all()[1].path
}

fn all() -> &'static [Asset; 2] {
    static ASSETS: OnceLock<[Asset; 2]> = OnceLock::new();
    ASSETS.get_or_init(|| {
        [
            asset(
                "page",
                "css",
                "text/css; charset=utf-8",
                include_str!("../../../../web/assets/page.css"),
            ),
            asset(
                "icon",
                "svg",
                "image/svg+xml",
                include_str!("../../../../web/assets/icon.svg"),
            ),
        ]
    })
}

fn asset(name: &str, extension: &str, kind: &'static str, body: &'static str) -> Asset {
    let digest = Sha256::digest(body.as_bytes());
    let hash = u64::from_be_bytes(std::array::from_fn(|index| digest[index]));
    Asset {
        path: format!("/assets/{name}.{hash:016x}.{extension}"),
        kind,
        body,
    }
}

pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    let found = all()
        .iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(file.as_str()));
    match found {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.body,
        )
            .into_response(),
        None => Problem::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}
