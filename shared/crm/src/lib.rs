//! What each CRM is told and what its answers mean, each CRM in a file of its own behind [`Crm`].
//!
//! Nothing here opens a connection, reads a clock or keeps anything: calls go out by [`Http`], and what is to be
//! remembered comes back in an [`Outcome`]. Every answer that a CRM can give is classified by a total match; what an
//! answer does not name was not delivered.

mod call;
mod hubspot;
mod oauth;
mod outcome;
mod pipedrive;
mod push;
mod salesforce;
mod secret;
mod wire;
mod zoho;

pub use crate::call::{Answer, Broken, Call, Http, Method};
pub use crate::hubspot::Hubspot;
pub use crate::outcome::{End, FieldEnd, Outcome, Reason};
pub use crate::pipedrive::Pipedrive;
pub use crate::push::{Act, Entry, Link, Present, Push, RemoteField, Token, Write};
pub use crate::salesforce::Salesforce;
pub use crate::secret::{Secret, SecretProblem};
pub use crate::zoho::Zoho;

/// One CRM: how it is called, and what its answers mean.
pub trait Crm: Sync {
    /// The key that every call carries. Where the CRM gives access tokens for a secret, one is asked for; a key that is
    /// written down once is that key, without a call.
    ///
    /// # Errors
    /// How the request for a token ended, never with [`End::Delivered`].
    fn token(
        &self,
        http: &impl Http,
        secret: &Secret,
        url: Option<&str>,
    ) -> impl Future<Output = Result<Token, Outcome>> + Send;

    /// Makes the record there say what ours says, and finds or makes it first. At most one record for a lead, whatever
    /// was cut before: a create of unknown outcome ([`Push::unsure`]) is looked up before it is repeated.
    fn push(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> impl Future<Output = Outcome> + Send;

    /// Tells it that the person wants no marketing. Ends [`End::SetAside`] where the CRM has not taken it.
    fn opt_out(&self, link: &Link<'_, impl Http>, push: &Push<'_>) -> impl Future<Output = Outcome> + Send;

    /// Erases the record of this id, for good where the CRM can do that; [`End::SetAside`] with the code `bin_only`, as a
    /// task for a person, where only its bin was reached. A record that is not there is erased.
    fn erase(&self, link: &Link<'_, impl Http>, id: &str) -> impl Future<Output = Outcome> + Send;

    /// Reads the record of this id as it stands now; `None` if there is none.
    ///
    /// # Errors
    /// How the reading ended.
    fn read(
        &self,
        link: &Link<'_, impl Http>,
        id: &str,
    ) -> impl Future<Output = Result<Option<Present>, Outcome>> + Send;

    /// The fields that its records have.
    ///
    /// # Errors
    /// How the reading ended.
    fn fields(&self, link: &Link<'_, impl Http>) -> impl Future<Output = Result<Vec<RemoteField>, Outcome>> + Send;
}
