//! A request with a login: what is sent again after a refusal, and when a refusal is final.

use super::auth::{Credential, Keychain, Sent, Subject};
use super::client::{Client, Shared};
use super::error::{AuthenticationError, Error, ErrorKind};
use super::error_response::{BODY_LIMIT, ErrorResponse, retry_after};
use super::reference::RegistryName;
use super::retry::Attempts;
use crate::timestamp::Timestamp;
use crate::wire::{self, Method, Origin, Request, Response};

/// How often one request is sent again with another login.
const LOGIN_LIMIT: usize = 3;

impl Client {
    /// Sends `request` and follows redirects. What the registry asks for is fetched and
    /// sent; where that is refused too, the refusal is final, unless it names a further scope.
    pub(super) async fn send(
        &self,
        request: Request,
        subject: &Subject<'_>,
        attempts: &Attempts,
    ) -> Result<Response, ErrorKind> {
        let Shared { transport, authenticator, .. } = &*self.shared;
        let home = self.api_url(subject.registry, "");
        // Boxed: an exchange's state is large, and many operations wait in it.
        let follow = |request| Box::pin(transport.follow(request));
        if Origin::of(request.url()) != Origin::of(&home) {
            // An upload that goes on at another host: nothing of the registry's follows it there.
            return Ok(follow(request.attempt(attempts.next())).await?);
        }
        let request = request.for_registry();
        let known = authenticator.ready(transport, &home, subject).await?;
        let mut sent = known.map_or(Sent::Nothing, Sent::Known);
        let mut logins = 0;
        loop {
            let authorization = sent.authorization().cloned();
            let outgoing = request.clone().authorization(authorization).attempt(attempts.next());
            let response = match triage(follow(outgoing).await?, &sent).await? {
                Answered::Final(response) => {
                    self.shared.warnings.note(subject.registry, response.headers());
                    return Ok(response);
                }
                Answered::Refused(response) => response,
            };
            // A registry may ask for a further scope each time, and never have enough.
            let answer = if logins < LOGIN_LIMIT {
                authenticator.answer(transport, &home, subject, &response, &sent).await?
            } else {
                None
            };
            logins += 1;
            let Some(answer) = answer else {
                return match response.status() {
                    401 => Err(rejected(response, sent.authorization().is_some()).await),
                    _ => Ok(response),
                };
            };
            sent = Sent::Fresh(answer);
        }
    }

    /// Checks `credential` with the registry, whatever the client's own keychain says (distribution
    /// specification, "Determining Support").
    ///
    /// # Errors
    /// [`ErrorKind::Authentication`] where the registry does not accept it.
    pub async fn check_login(
        &self,
        registry: &RegistryName,
        credential: Credential,
    ) -> Result<LoginOutcome, Error> {
        let client = self.with_keychain(Keychain::anonymous().with_credential(credential));
        let subject = Subject {
            registry,
            repository: None,
            scopes: &[],
            plain_http: client.speaks_plain_http(registry),
            purpose: "login",
        };
        let url = client.api_url(registry, "");
        let (client, subject, url) = (&client, &subject, &url);
        let checked = client.persist(|attempts| async move {
            let request = Request::new(Method::Get, url.clone(), "login: base");
            let response = client.send(request, subject, &attempts).await?;
            if response.status() < 400 {
                client.asked_for_login(subject).await
            } else {
                Err(refusal(response).await)
            }
        });
        checked.await.map_err(|kind| Error::new("logging in to", registry.to_string(), kind))
    }

    async fn asked_for_login(&self, subject: &Subject<'_>) -> Result<LoginOutcome, ErrorKind> {
        let home = self.api_url(subject.registry, "");
        let Shared { transport, authenticator, .. } = &*self.shared;
        let ready = authenticator.ready(transport, &home, subject).await?;
        Ok(if ready.is_some() { LoginOutcome::Accepted } else { LoginOutcome::NotAskedFor })
    }
}

/// What a registry made of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginOutcome {
    /// It accepted it.
    Accepted,
    /// It answers without one, so that nothing was checked.
    NotAskedFor,
}

/// What an answer means for the login.
enum Answered {
    /// It has nothing to do with it, or nothing can be done.
    Final(Response),
    /// Another credential may help.
    Refused(Response),
}

/// A 401 asks for a login. A 403 with `insufficient_scope` asks for another token (IBM Cloud). A 400
/// or 403 may mean that a token has run out where one was sent (Public ECR); a challenge says so.
async fn triage(response: Response, sent: &Sent) -> Result<Answered, ErrorKind> {
    let insufficient = |response: &Response| {
        let mut challenges = response.headers().get_all("www-authenticate");
        challenges.any(|challenge| challenge.contains("insufficient_scope"))
    };
    match response.status() {
        // The body is read before a token is asked for: its exchange has ended then.
        401 => Ok(Answered::Refused(response.buffer(BODY_LIMIT).await?.0)),
        403 if insufficient(&response) => {
            Ok(Answered::Refused(response.buffer(BODY_LIMIT).await?.0))
        }
        400 | 403 if matches!(sent, Sent::Known(_)) => {
            let status = response.status();
            let (response, body) = response.buffer(BODY_LIMIT).await?;
            let denied = ErrorResponse::parse(status, &body).has_code("DENIED");
            Ok(if denied { Answered::Refused(response) } else { Answered::Final(response) })
        }
        _ => Ok(Answered::Final(response)),
    }
}

async fn rejected(response: Response, with_credential: bool) -> ErrorKind {
    match refusal(response).await {
        ErrorKind::Authentication(AuthenticationError::Refused { refusal, .. }) => {
            AuthenticationError::Refused { refusal, with_credential }.into()
        }
        other => other,
    }
}

/// Reads the body of a refusal, as far as it can be read.
pub(super) async fn refusal(response: Response) -> ErrorKind {
    let status = response.status();
    let wait = response.headers().get("retry-after");
    let wait = wait.and_then(|header| retry_after(header, Timestamp::now()));
    let mut refusal = match response.read(BODY_LIMIT).await {
        Ok(body) => ErrorResponse::parse(status, &body),
        Err(error) if matches!(error.kind(), wire::HttpErrorKind::Record(_)) => {
            return error.into();
        }
        // The status alone says that it is refused.
        Err(_) => ErrorResponse::parse(status, b""),
    };
    refusal.retry_after = wait;
    refusal.into()
}
