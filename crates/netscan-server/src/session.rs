//! Sessions: signing in and out, one's own password, second factor and other sessions.

mod change_organisation;
mod change_password;
mod confirm_totp;
mod drop_totp;
mod end;
mod end_others;
mod enrol_totp;
mod finish_oidc;
pub(crate) mod guard;
pub(crate) mod guest;
mod list;
pub(crate) mod oidc;
pub(crate) mod opening;
pub(crate) mod password;
mod proof;
pub(crate) mod secret;
mod show;
mod sign_in;
mod sign_out;
mod start_oidc;
mod totp;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_in, show::show, sign_out::sign_out))
        .routes(routes!(change_organisation::change_organisation))
        .routes(routes!(change_password::change_password))
        .routes(routes!(list::list, end_others::end_others))
        .routes(routes!(end::end))
        .routes(routes!(enrol_totp::enrol, drop_totp::drop))
        .routes(routes!(confirm_totp::confirm))
        .routes(routes!(start_oidc::start))
        .routes(routes!(finish_oidc::finish))
}
