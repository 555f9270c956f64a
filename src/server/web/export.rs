//! The audit trail as a file for administrators, sent while it is read.

use crate::app::audit_file::AuditFile;
use crate::app::pages::AuditQuery;
use crate::domain::error::AppError;
use crate::server::accounts::{Accounts, AuditPage, AuditSearch};
use crate::server::request::Request as VestibuleRequest;
use axum::body::Body;
use axum::extract::Extension;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;

/// How many records are read at a time.
const RECORDS_AT_A_TIME: u32 = 500;

/// All records that the address asks for, the newest first. That they were taken away is itself on record.
pub async fn export(file: AuditFile, Extension(visit): Extension<VestibuleRequest>) -> Response {
    match begin(file, &visit).await {
        Ok(body) => {
            let name = format!("attachment; filename=\"audit.{}\"", file.extension());
            let mut response = Response::new(body);
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type()));
            if let Ok(name) = HeaderValue::try_from(name) {
                headers.insert(CONTENT_DISPOSITION, name);
            }
            response
        }
        Err(error) => StatusCode::from_u16(error.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}

async fn begin(file: AuditFile, visit: &VestibuleRequest) -> Result<Body, AppError> {
    let administrator = visit.administrator()?.sub;
    let (accounts, search) = (visit.accounts.clone(), AuditQuery::of(visit).search()?);
    // Before the file itself, which then ends with what was there before it.
    let first = accounts
        .audit_trail(&search, None, RECORDS_AT_A_TIME)
        .await?;
    accounts
        .note_export(administrator, file.extension(), &visit.source)
        .await?;
    let rest = Rest {
        accounts,
        search,
        file,
    };
    let text = file.header() + &rest.lines(&first);
    let pages = stream::try_unfold(
        (rest, Some(text), first.next),
        |(rest, text, next)| async move {
            if let Some(text) = text {
                return Ok(Some((text, (rest, None, next))));
            }
            let Some(before) = next else {
                return Ok(None);
            };
            let page = rest.after(before).await?;
            let text = rest.lines(&page);
            Ok::<_, Interrupted>(Some((text, (rest, None, page.next))))
        },
    );
    Ok(Body::from_stream(pages))
}

/// What is still to be read.
struct Rest {
    accounts: Accounts,
    search: AuditSearch,
    file: AuditFile,
}

/// The database failed on the way: the connection is cut, so that nobody takes half a file for a whole one.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail could not be read to its end")]
struct Interrupted;

impl Rest {
    async fn after(&self, before: i64) -> Result<AuditPage, Interrupted> {
        let page = self
            .accounts
            .audit_trail(&self.search, Some(before), RECORDS_AT_A_TIME);
        page.await.map_err(|_| Interrupted) // the storage has logged it
    }

    fn lines(&self, page: &AuditPage) -> String {
        page.records
            .iter()
            .map(|record| self.file.line(record))
            .collect()
    }
}
