//! Which desks know of which open cases, where many leads are gone through at once: after a publish and by `piste reindex`.

use std::collections::BTreeMap;

use piste_domain::rules::desk::{self, Desk, told_of};
use piste_domain::{Catalog, Context, Key, Lead, LeadId, WorkspaceId};

use crate::app::App;
use crate::store::{StoreError, StoreErrorKind};

/// Desks to be told, and the open cases that wait there.
#[derive(Debug, Default)]
pub struct Cases(BTreeMap<LeadId, Waiting>);

/// The open cases of one desk: those that are its own, and those it watches.
#[derive(Debug)]
struct Waiting {
    workspace: WorkspaceId,
    mine: Vec<LeadId>,
    watched: Vec<LeadId>,
}

impl Waiting {
    fn nothing(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            mine: Vec::new(),
            watched: Vec::new(),
        }
    }
}

impl Cases {
    /// With every desk that the campaigns name, whether a case waits there or not.
    ///
    /// # Errors
    /// [`StoreError`] only while no campaigns were ever read.
    pub async fn of_everybody(app: &App) -> Result<Self, StoreError> {
        let (catalog, ring) = (app.catalog().await?, app.ring());
        let desks = desk::desks(&catalog, &ring.identity).into_iter();
        let desks = desks.map(|(id, workspace)| (id, Waiting::nothing(workspace)));
        Ok(Self(desks.collect()))
    }

    /// Notes a lead, if its case is open.
    ///
    /// # Errors
    /// [`StoreError`] only while no campaigns were ever read.
    pub async fn note(&mut self, app: &App, lead: &Lead) -> Result<(), StoreError> {
        if lead.open_case().is_none() {
            return Ok(());
        }
        let (catalog, ring) = (app.catalog().await?, app.ring());
        let (own, watching) = told_of(lead, &context(app, &catalog, &ring.identity));
        let nothing = || Waiting::nothing(lead.workspace.clone());
        if let Some(own) = own {
            self.0.entry(own).or_insert_with(nothing).mine.push(lead.id.clone());
        }
        if let Some(watching) = watching {
            let desk = self.0.entry(watching).or_insert_with(nothing);
            desk.watched.push(lead.id.clone());
        }
        Ok(())
    }

    /// Lets each of these desks know of its cases, and sets its moments anew. What changes nothing is not written, and a desk
    /// that this version cannot read stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn tell(self, app: &App) -> Result<(), StoreError> {
        let (catalog, ring) = (app.catalog().await?, app.ring());
        let cx = context(app, &catalog, &ring.identity);
        for (id, waiting) in self.0 {
            let set = |desk: &mut Desk| {
                desk.note(&waiting.mine, &waiting.watched, &cx);
                desk.replan(&cx);
            };
            if_readable(app.store.change_desk((&id, &waiting.workspace), set).await)?;
        }
        Ok(())
    }
}

/// Nothing, where a newer version wrote what was asked for: nobody waits for a desk.
///
/// # Errors
/// Every other one.
pub fn if_readable<T>(asked: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match asked {
        Err(error) if error.kind == StoreErrorKind::Corrupt => Ok(None),
        asked => asked.map(Some),
    }
}

fn context<'a>(app: &App, catalog: &'a Catalog, key: &'a Key) -> Context<'a> {
    let now = app.now();
    Context { catalog, key, now }
}
