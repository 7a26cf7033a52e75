//! The web UI: the files of `web/dist`, which are in the program.
//!
//! Its pages have addresses of their own, such as `/scans/ID`. For each of them a browser gets
//! `index.html`, whose script knows them all.

use std::sync::LazyLock;

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use crate::refusal::Refusal;
use crate::session::secret::hex;

const INDEX: &str = "/index.html";
/// Below it a file's name says what is in it, so that it never changes.
const ASSETS: &str = "/assets";
/// What is no page of the UI, and neither is anything below.
const NO_PAGES: [&str; 7] =
    ["/api", ASSETS, "/healthz", "/metrics", "/openapi.json", "/readyz", "/ws"];

/// What a browser saves rather than shows.
const UNKNOWN: &str = "application/octet-stream";

/// What the pages may load: only what comes from here, and no script or style that stands in the
/// page itself. They send no forms but by script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// What `build.rs` found.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// A file of the UI.
struct File {
    /// Where it is asked for.
    path: &'static str,
    plain: &'static [u8],
    /// The same, packed; nothing if it does not get smaller.
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// A file, and what tells it from another of its name however it is packed.
struct Page<'f> {
    file: &'f File,
    tag: String,
}

/// Shows what nothing else answers to: a file, or a page of the UI to whoever wants to see one.
pub(crate) async fn show(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    static PAGES: LazyLock<Vec<Page<'static>>> =
        LazyLock::new(|| FILES.iter().map(Page::of).collect());
    let is_reading = method == Method::GET || method == Method::HEAD;
    let path = asked_for(uri.path(), &headers);
    match PAGES.iter().find(|page| is_reading && page.file.path == path) {
        Some(page) => page.answer(&headers),
        None => Refusal::not_found("page").into_response(),
    }
}

/// The path of the file that stands for what is asked for: a page of the UI has that of the index.
fn asked_for<'p>(path: &'p str, headers: &HeaderMap) -> &'p str {
    let is_below = |place: &&str| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_file = FILES.iter().any(|file| file.path == path);
    let is_page = wants_page(headers) && !NO_PAGES.iter().any(is_below);
    if path == "/" || (is_page && !is_file) { INDEX } else { path }
}

fn wants_page(headers: &HeaderMap) -> bool {
    listed(headers, &ACCEPT).any(|(media, _)| media.eq_ignore_ascii_case("text/html"))
}

/// What a header lists, each with its parameters.
fn listed<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = (&'h str, &'h str)> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    let items = lines.flat_map(|line| line.split(','));
    items
        .map(|item| item.split_once(';').unwrap_or((item, "")))
        .map(|(name, rest)| (name.trim(), rest.trim()))
}

/// Whether the answer may be packed so. `gzip;q=0` says that it may not.
fn is_taken(headers: &HeaderMap, packing: &str) -> bool {
    let is_refused = |rest: &str| {
        let quality = rest.strip_prefix("q=").and_then(|quality| quality.parse::<f32>().ok());
        quality.is_some_and(|quality| quality <= 0.0)
    };
    listed(headers, &ACCEPT_ENCODING)
        .any(|(name, rest)| name.eq_ignore_ascii_case(packing) && !is_refused(rest))
}

impl<'f> Page<'f> {
    fn of(file: &'f File) -> Self {
        Self { file, tag: format!("W/\"{}\"", &hex(&Sha256::digest(file.plain))[..32]) }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let is_known =
            listed(headers, &IF_NONE_MATCH).any(|(had, _)| had == "*" || had == self.tag);
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.file.packed(headers)
        };
        let mut set = |name: HeaderName, value: &str| {
            let value = HeaderValue::from_str(value).expect("ours are plain");
            response.headers_mut().insert(name, value);
        };
        set(ETAG, &self.tag);
        set(VARY, "accept, accept-encoding");
        set(CACHE_CONTROL, self.file.caching());
        set(CONTENT_SECURITY_POLICY, POLICY);
        response
    }
}

impl File {
    /// The file in the smallest form that is taken.
    fn packed(&self, headers: &HeaderMap) -> Response {
        let forms = [("br", self.brotli), ("gzip", self.gzip)];
        let form = forms.into_iter().find_map(|(packing, bytes)| {
            bytes.filter(|_| is_taken(headers, packing)).map(|bytes| (packing, bytes))
        });
        let mut response = form.map_or(self.plain, |(_, bytes)| bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media()));
        if let Some((packing, _)) = form {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing));
        }
        response
    }

    fn caching(&self) -> &'static str {
        match self.path.strip_prefix(ASSETS) {
            Some(_) => "public, max-age=31536000, immutable",
            None => "no-cache",
        }
    }

    fn media(&self) -> &'static str {
        match self.path.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "txt" => "text/plain; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "woff2" => "font/woff2",
            "webmanifest" => "application/manifest+json",
            _ => UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const SCRIPT: File =
        File { path: "/assets/a-1.js", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    /// How `file` is packed for who takes this, and what comes.
    async fn sent(file: &File, taken: &'static str) -> (Option<String>, Vec<u8>) {
        let response = Page::of(file).answer(&headers(&[(ACCEPT_ENCODING, taken)]));
        let packing = response.headers().get(CONTENT_ENCODING);
        let packing = packing.map(|packing| packing.to_str().unwrap().to_owned());
        (packing, to_bytes(response.into_body(), 100).await.unwrap().to_vec())
    }

    #[test]
    fn every_file_of_the_ui_is_of_a_kind_that_browsers_are_told() {
        let unknown = FILES.iter().filter(|file| file.media() == UNKNOWN);
        let unknown: Vec<_> = unknown.map(|file| file.path).collect();

        assert_eq!(unknown, Vec::<&str>::new());
    }

    #[tokio::test]
    async fn a_file_comes_in_the_smallest_form_that_is_taken() {
        let plain = File { brotli: None, gzip: None, ..SCRIPT };
        let packed = |packing: &str, bytes: &[u8]| (Some(packing.to_owned()), bytes.to_vec());

        assert_eq!(sent(&SCRIPT, "gzip, deflate, br, zstd").await, packed("br", b"br"));
        assert_eq!(sent(&SCRIPT, "GZIP;q=0.5").await, packed("gzip", b"gz"));
        assert_eq!(sent(&SCRIPT, "br;q=0, gzip").await, packed("gzip", b"gz"));
        assert_eq!(sent(&SCRIPT, "br; q=0.0, identity").await, (None, b"plain".to_vec()));
        assert_eq!(sent(&plain, "gzip, br").await, (None, b"plain".to_vec()));
    }

    #[test]
    fn a_file_that_a_browser_has_is_not_sent_again() {
        let page = Page::of(&SCRIPT);
        let had = format!("\"other\", {}", page.tag);
        let had = HeaderMap::from_iter([(IF_NONE_MATCH, had.parse().unwrap())]);

        let (known, other) =
            (page.answer(&had), Page::of(&File { plain: b"new", ..SCRIPT }).answer(&had));

        assert_eq!((known.status(), other.status()), (StatusCode::NOT_MODIFIED, StatusCode::OK));
        assert_eq!(known.headers()[ETAG], page.tag.as_str());
    }

    #[test]
    fn what_is_named_after_its_content_is_kept_and_the_rest_asked_for_again() {
        let index = File { path: INDEX, ..SCRIPT };
        let caching = |file: &File| {
            Page::of(file).answer(&HeaderMap::new()).headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .to_owned()
        };

        assert_eq!(caching(&SCRIPT), "public, max-age=31536000, immutable");
        assert_eq!(caching(&index), "no-cache");
    }

    #[test]
    fn only_who_wants_a_page_gets_one_and_only_where_pages_are() {
        let browser = headers(&[(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")]);
        let program = headers(&[(ACCEPT, "*/*")]);

        for page in ["/", "/scans/7", "/apiary", "/hosts/10.0.0.1", "/setup"] {
            assert_eq!(asked_for(page, &browser), INDEX, "{page}");
        }
        for other in ["/api", "/api/v1/nothing", "/ws/x", "/assets/old.js", "/metrics"] {
            assert_eq!(asked_for(other, &browser), other);
        }
        assert_eq!(
            (asked_for("/", &program), asked_for("/scans/7", &program)),
            (INDEX, "/scans/7")
        );
    }
}
