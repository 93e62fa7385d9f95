//! The register of consents: every grant, refusal and revocation, each as it was said (rules C1, C4).
//!
//! The first event of a request is what its practice stated at intake; what is said later is a new event, and holds for the next
//! decision, also of a request that waits. This module folds nothing: `compliance` does.
//!
//! A withdrawal holds for its request and for the person, and stands in two rows: no row names both, so that nothing ties a request to a
//! person's digest once the request was erased. A grant names its request alone.

use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::class::CallPurpose;
use callwright_compliance::consent::{ConsentAct, ConsentEvent, ConsentGiver, ConsentTo, History};
use callwright_compliance::facts::{AiCallConsent, ConsentMethod};
use callwright_compliance::id::{ObjectId, RequestId, TenantId};
use callwright_compliance::{KeyedDigest, PhoneNumber, Purpose};
use jiff::Timestamp;

use crate::codec::{Reader, json, micros};
use crate::error::{Kind, StoreError};
use crate::id::RandomId;
use crate::patient::Patient;
use crate::store::Store;
use crate::tx::{Object, Tx};

/// To what something is said.
#[derive(Clone, Debug)]
pub enum ConsentAbout<'a> {
    /// To AI calls about the patient of a request.
    Request(&'a RequestId),
    /// To being called at a number.
    Number {
        /// The number.
        number: &'a PhoneNumber,
        /// About what.
        scope: &'a [CallPurpose],
        /// The version of the text that was agreed to.
        text: ObjectId,
    },
}

/// Something that was said and is to be written down.
#[derive(Clone, Debug)]
pub struct NewConsent<'a> {
    /// A fresh id.
    pub id: ObjectId,
    /// To what.
    pub about: ConsentAbout<'a>,
    /// What.
    pub act: ConsentAct,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub given_by: ConsentGiver,
    /// How.
    pub method: ConsentMethod,
    /// The kept evidence.
    pub evidence: ObjectId,
}

impl Store {
    /// What was said to AI calls about the patient of a request: about this request, and every refusal or revocation by the same person
    /// about another one. A grant counts only for the request about which it was given.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for another tenant's.
    pub async fn consent_history(
        &self,
        tenant: &TenantId,
        request: &RequestId,
    ) -> Result<History, StoreError> {
        self.request(tenant, request).await?;
        let rows = sqlx::query(
            "SELECT content FROM consent_event WHERE tenant = ?1 AND kind = 'ai_call' \
             AND (request = ?2 OR (act <> 'granted' AND person = \
             (SELECT person FROM request_person WHERE tenant = ?1 AND request = ?2) \
             AND NOT EXISTS (SELECT 1 FROM consent_event AS own WHERE own.tenant = ?1 \
             AND own.request = ?2 AND own.act = consent_event.act AND own.at = consent_event.at))) \
             ORDER BY at, id",
        )
        .bind(tenant.as_str())
        .bind(request.as_str())
        .fetch_all(self.readers())
        .await?;
        history(&rows)
    }

    /// What was said to calls to a number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn number_consents(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
    ) -> Result<History, StoreError> {
        let Some(key) = self.register_key(tenant).await? else {
            return Ok(History::default());
        };
        self.consents_of(tenant, &key.number(number)).await
    }

    /// Enters the people of requests from before there were registers. Their digests need the patients' values and those the keys, so that
    /// no migration can do it. Until it is done, an opt-out of a patient does not cover such a request, nor a refusal that was given with
    /// another one. Reading each patient has its audit row, of `now`. A request that cannot be entered keeps nobody else out.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn enter_people(&self, now: Timestamp) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT request.tenant, request.id FROM request \
             JOIN request_key ON request_key.tenant = request.tenant AND request_key.request = request.id \
             WHERE NOT EXISTS (SELECT 1 FROM request_person WHERE request_person.tenant = request.tenant \
             AND request_person.request = request.id) ORDER BY request.tenant, request.id",
        )
        .fetch_all(self.readers())
        .await?;
        let actor = ObjectId::new("register-of-people").map_err(|_| StoreError::AuditBroken)?;
        let actor = Actor::Node(actor);
        for row in &rows {
            let row = Reader::new(row, "request");
            match self.enter_person_of(&row, &actor, now).await {
                Ok(()) => {}
                // The row's own, or its practice's; or it was erased since it was found.
                Err(
                    error @ (StoreError::Seal { .. }
                    | StoreError::Stored { .. }
                    | StoreError::AuditBroken
                    | StoreError::Erased
                    | StoreError::NotFound(_)),
                ) => {
                    let request = row.parsed::<RequestId>("id").ok();
                    let request = request.as_ref().map(tracing::field::display);
                    tracing::error!(request, %error, "who a request is about cannot be entered");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn enter_person_of(
        &self,
        row: &Reader<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, id): (TenantId, RequestId) = (row.parsed("tenant")?, row.parsed("id")?);
        // A clock that was set back keeps nobody out either.
        let now = self.not_before_the_last(&tenant, now).await?;
        let mut tx = self.begin(&tenant, actor, now).await?;
        tx.enter_person_late(&id).await?;
        tx.commit().await.or_else(nothing_to_do)
    }

    pub(crate) async fn consents_of(
        &self,
        tenant: &TenantId,
        number: &KeyedDigest,
    ) -> Result<History, StoreError> {
        let rows = sqlx::query(
            "SELECT content FROM consent_event WHERE tenant = ? AND number = ? ORDER BY at, id",
        )
        .bind(tenant.as_str())
        .bind(number.as_bytes().to_vec())
        .fetch_all(self.readers())
        .await?;
        history(&rows)
    }
}

/// A transaction without an act is not committed, and here that is no mistake.
fn nothing_to_do(error: StoreError) -> Result<(), StoreError> {
    if error == StoreError::Unaudited { Ok(()) } else { Err(error) }
}

fn history(rows: &[sqlx::sqlite::SqliteRow]) -> Result<History, StoreError> {
    let events = rows.iter().map(|row| Reader::new(row, "consent_event").json("content"));
    Ok(History::of(events.collect::<Result<Vec<ConsentEvent>, StoreError>>()?))
}

/// Where an event stands in the register.
#[derive(Default)]
struct Subject<'a> {
    request: Option<&'a RequestId>,
    person: Option<KeyedDigest>,
    number: Option<KeyedDigest>,
}

impl Tx {
    /// Writes down what was said to consent. It holds for the next decision, also of a request under way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the request; [`StoreError::Invalid`] for a time to come, or where a grant covers no purpose.
    pub async fn record_consent(&mut self, new: &NewConsent<'_>) -> Result<(), StoreError> {
        self.enter()?;
        if new.at > self.now {
            return Err(StoreError::Invalid { field: "at", needs: "a time that has passed" });
        }
        let (to, subject, object) = match &new.about {
            ConsentAbout::Request(request) => {
                self.state_of(request).await?;
                let person = self.person_of(request).await?;
                let subject = Subject { request: Some(*request), person, number: None };
                (ConsentTo::AiCall, subject, Object::request(request))
            }
            ConsentAbout::Number { number, scope, text } => {
                if scope.is_empty() && !new.act.withdraws() {
                    let needs = "at least one purpose that the consent covers";
                    return Err(StoreError::Invalid { field: "scope", needs });
                }
                let number = self.register_key().await?.number(number);
                let scope = scope.iter().copied().collect();
                let to = ConsentTo::PriorExpress { number, scope, text: text.clone() };
                let subject = Subject { number: Some(number), ..Subject::default() };
                (to, subject, Object::id(new.id.as_str()))
            }
        };
        let event = ConsentEvent {
            id: new.id.clone(),
            to,
            act: new.act,
            at: new.at,
            given_by: new.given_by,
            method: new.method,
            evidence: new.evidence.clone(),
            recorded_by: self.actor.clone(),
            recorded_at: self.now,
        };
        self.insert_consent(&event, &subject).await?;
        self.leave(Action::ConsentRecorded, object).await
    }

    /// Who a new request is about, and what its practice said of their consent: parts of its acceptance.
    pub(crate) async fn first_consent(
        &mut self,
        request: &RequestId,
        patient: &Patient,
        said: &AiCallConsent,
    ) -> Result<(), StoreError> {
        let person = self.enter_person(request, patient).await?;
        let subject = Subject { request: Some(request), person: Some(person), number: None };
        self.stated(said, &subject).await
    }

    /// Enters who a request is about, so that what the person said about another one holds for it.
    async fn enter_person(
        &mut self,
        request: &RequestId,
        patient: &Patient,
    ) -> Result<KeyedDigest, StoreError> {
        let person = self.register_key().await?.person(&patient.name, &patient.date_of_birth);
        sqlx::query("INSERT INTO request_person (tenant, request, person) VALUES (?, ?, ?)")
            .bind(self.tenant.as_str())
            .bind(request.as_str())
            .bind(person.as_bytes().to_vec())
            .execute(&mut *self.db)
            .await?;
        Ok(person)
    }

    /// The same for a request from before there were registers, with what was withdrawn about it: a withdrawal holds for the person, too.
    async fn enter_person_late(&mut self, request: &RequestId) -> Result<(), StoreError> {
        if self.person_of(request).await?.is_some() {
            // Another process has just done it.
            return Ok(());
        }
        let patient = self.read_patient(request, Purpose::Compare).await?;
        let person = self.enter_person(request, &patient).await?;
        let withdrawn = sqlx::query(
            "SELECT content FROM consent_event WHERE tenant = ? AND request = ? \
             AND kind = 'ai_call' AND act <> 'granted'",
        )
        .bind(self.tenant.as_str())
        .bind(request.as_str())
        .fetch_all(&mut *self.db)
        .await?;
        for row in &withdrawn {
            let event: ConsentEvent = Reader::new(row, "consent_event").json("content")?;
            let event = ConsentEvent { id: ObjectId::random()?, ..event };
            let of_person = Subject { person: Some(person), ..Subject::default() };
            self.insert_event(&event, &of_person).await?;
        }
        Ok(())
    }

    /// Keeps a refusal that was stated with a request which is refused for it and never queued: it holds for the person's later ones.
    /// Where nothing was refused there is nothing to keep, and no act.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep_stated_refusal(
        &mut self,
        patient: &Patient,
        said: &AiCallConsent,
    ) -> Result<(), StoreError> {
        match said {
            AiCallConsent::Granted { .. } | AiCallConsent::Absent => return Ok(()),
            AiCallConsent::Refused { .. } => {}
        }
        self.enter()?;
        let person = self.register_key().await?.person(&patient.name, &patient.date_of_birth);
        let subject = Subject { person: Some(person), ..Subject::default() };
        self.stated(said, &subject).await?;
        let object = Object::tenant(&self.tenant);
        self.leave(Action::ConsentRecorded, object).await
    }

    async fn stated(
        &mut self,
        said: &AiCallConsent,
        subject: &Subject<'_>,
    ) -> Result<(), StoreError> {
        let (act, at, method, evidence) = match said {
            AiCallConsent::Granted { at, method, evidence } => {
                (ConsentAct::Granted, at, method, evidence)
            }
            AiCallConsent::Refused { at, method, evidence } => {
                (ConsentAct::Refused, at, method, evidence)
            }
            AiCallConsent::Absent => return Ok(()),
        };
        let event = ConsentEvent {
            id: ObjectId::random()?,
            to: ConsentTo::AiCall,
            act,
            at: *at,
            given_by: ConsentGiver::Patient,
            method: *method,
            evidence: evidence.clone(),
            recorded_by: self.actor.clone(),
            recorded_at: self.now,
        };
        self.insert_consent(&event, subject).await
    }

    /// Keeps an event, with the person apart from the request.
    async fn insert_consent(
        &mut self,
        event: &ConsentEvent,
        subject: &Subject<'_>,
    ) -> Result<(), StoreError> {
        let (Some(request), Some(person)) = (subject.request, subject.person) else {
            return self.insert_event(event, subject).await;
        };
        let of_request = Subject { request: Some(request), ..Subject::default() };
        self.insert_event(event, &of_request).await?;
        if event.act.withdraws() {
            let event = ConsentEvent { id: ObjectId::random()?, ..event.clone() };
            let of_person = Subject { person: Some(person), ..Subject::default() };
            self.insert_event(&event, &of_person).await?;
        }
        Ok(())
    }

    async fn insert_event(
        &mut self,
        event: &ConsentEvent,
        subject: &Subject<'_>,
    ) -> Result<(), StoreError> {
        let kind = match event.to {
            ConsentTo::AiCall => "ai_call",
            ConsentTo::PriorExpress { .. } => "prior_express",
        };
        sqlx::query(
            "INSERT INTO consent_event (tenant, id, kind, act, request, person, number, at, content) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(event.id.as_str())
        .bind(kind)
        .bind(event.act.name())
        .bind(subject.request.map(RequestId::as_str))
        .bind(subject.person.map(|person| person.as_bytes().to_vec()))
        .bind(subject.number.map(|number| number.as_bytes().to_vec()))
        .bind(micros(event.at))
        .bind(json("consent event", event)?)
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).missing(Kind::Request))?;
        Ok(())
    }
}
