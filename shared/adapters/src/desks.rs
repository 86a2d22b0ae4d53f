//! Which desks know of which open cases, where many leads are gone through at once: after a publish and by `piste reindex`.

use std::collections::BTreeMap;

use piste_domain::rules::desk::{self, Desk, told_of};
use piste_domain::{Catalog, Context, Key, Lead, LeadId};

use crate::app::App;
use crate::store::StoreError;

/// Open cases by the desks at which they wait: those that are theirs, and those they watch.
#[derive(Debug, Default)]
pub struct Cases(BTreeMap<LeadId, (Vec<LeadId>, Vec<LeadId>)>);

impl Cases {
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
        if let Some(own) = own {
            self.0.entry(own).or_default().0.push(lead.id.clone());
        }
        if let Some(watching) = watching {
            self.0.entry(watching).or_default().1.push(lead.id.clone());
        }
        Ok(())
    }

    /// Lets every desk that the campaigns name know of its cases, and sets its moments anew. What changes nothing is not
    /// written.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn tell(mut self, app: &App) -> Result<(), StoreError> {
        let (catalog, ring) = (app.catalog().await?, app.ring());
        let cx = context(app, &catalog, &ring.identity);
        for (id, workspace) in desk::desks(cx.catalog, cx.key) {
            let (mine, watched) = self.0.remove(&id).unwrap_or_default();
            let set = |desk: &mut Desk| {
                desk.note(&mine, &watched, &cx);
                desk.replan(&cx);
            };
            app.store.change_desk((&id, &workspace), set).await?;
        }
        Ok(())
    }
}

fn context<'a>(app: &App, catalog: &'a Catalog, key: &'a Key) -> Context<'a> {
    let now = app.now();
    Context { catalog, key, now }
}
