//! What the button of an email confirms, and so what the email and the page behind it may say of it.

use crate::campaign::{Campaign, Sequence, Start, Step, data_request};
use crate::kit::ids::EnquiryId;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::Purpose;
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::enquiry::Enquiry;
use crate::lead::{Enrolment, Lead};

/// Why an email carries a button to confirm its post. Several may be true of one post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confirms {
    /// The box for marketing emails was ticked and waits for the person's yes.
    pub opt_in: bool,
    /// Another box was ticked and waits for the person's yes.
    pub boxes: bool,
    /// The post gives another name, telephone number or language than what counts. Whoever proves that the post is theirs
    /// makes it count.
    pub details: bool,
}

impl Confirms {
    /// A ticked box for marketing emails, and nothing else.
    pub const OPT_IN: Self = Self {
        opt_in: true,
        boxes: false,
        details: false,
    };

    /// Whether there is anything to confirm.
    pub fn anything(self) -> bool {
        self.opt_in || self.boxes || self.details
    }
}

/// The post that the button of an email confirms: the one that caused the email, and for a reminder the one whose yes it
/// reminds of. Marketing has no such button.
pub(super) fn post_of(lead: &Lead, enrolment: &Enrolment, sequence: &Sequence, step: &Step) -> Option<EnquiryId> {
    if sequence.start != Start::Capture {
        return None;
    }
    let reminds_of = step.only_if.and_then(|_| {
        let consent = lead.consent(Purpose::Marketing, &enrolment.campaign)?;
        (consent.state == ConsentState::Pending).then(|| EnquiryId::of(consent.asked_at, consent.serial))
    });
    Some(reminds_of.unwrap_or_else(|| EnquiryId::of(enrolment.started_at, enrolment.serial)))
}

/// What the button of an email confirms.
pub(super) fn of_email(lead: &Lead, enrolment: &Enrolment, post: &EnquiryId, campaign: &Campaign) -> Confirms {
    if enrolment.sequence == data_request::SEQUENCE {
        return Confirms::default(); // nobody posted a form for it
    }
    let Some(enquiry) = enquiry(lead, post, campaign) else {
        // Older than the ids of posts, or gone from the item.
        return Confirms {
            opt_in: lead.waits_for_yes(enrolment),
            ..Confirms::default()
        };
    };
    let pending = |consent: &&Consent| consent.is_of(enquiry) && consent.state == ConsentState::Pending;
    let (opt_in, boxes) = asked(lead.consents.iter().filter(pending));
    let details = differs(lead, campaign, enquiry);
    Confirms { opt_in, boxes, details }
}

/// What the page behind such a button is about: a yes that was given keeps its page. A link without a post is older than
/// the ids of posts, and confirmed nothing but an opt-in.
pub fn of_link(lead: &Lead, post: Option<&EnquiryId>, campaign: &Campaign) -> Confirms {
    let Some(post) = post else {
        return Confirms::OPT_IN;
    };
    let of_it = |consent: &&Consent| {
        consent.campaign == campaign.id && &EnquiryId::of(consent.asked_at, consent.serial) == post
    };
    let (opt_in, boxes) = asked(lead.consents.iter().filter(of_it));
    let details = enquiry(lead, post, campaign).is_some_and(|enquiry| differs(lead, campaign, enquiry));
    Confirms { opt_in, boxes, details }
}

fn enquiry<'a>(lead: &'a Lead, post: &EnquiryId, campaign: &Campaign) -> Option<&'a Enquiry> {
    lead.words
        .enquiry(post)
        .filter(|enquiry| enquiry.campaign == campaign.id)
}

/// Whether the box for marketing is among these, and whether another is.
fn asked<'a>(mut consents: impl Iterator<Item = &'a Consent> + Clone) -> (bool, bool) {
    let marketing = |consent: &Consent| consent.purpose == Purpose::Marketing;
    (
        consents.clone().any(marketing),
        consents.any(|consent| !marketing(consent)),
    )
}

/// Whether a post that nobody has proved says other things of the person than what counts.
fn differs(lead: &Lead, campaign: &Campaign, enquiry: &Enquiry) -> bool {
    let names = ["first_name", "last_name"].into_iter().chain(campaign.phone_fields());
    let says_otherwise = |field: &str| {
        let said = enquiry.answers.get(field).map(Personal::expose);
        said.is_some_and(|said| lead.words.answer(field) != Some(said))
    };
    !enquiry.rank().is_theirs()
        && enquiry.source.is_none()
        && (names.into_iter().any(says_otherwise) || enquiry.locale != lead.words.language())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::ids::CampaignId;
    use crate::rules::input;
    use crate::samples::{Story, TICKED, edited, guide, hours, other, whole};

    /// The demo campaign with a second box.
    fn two_boxes() -> Campaign {
        let scoring = "[scoring]\n";
        let more = "[[form.fields]]\nname = \"track\"\ntype = \"consent\"\npurpose = \"tracking\"\nversion = \"1\"\nlabel = { fr = \"a\", en = \"b\" }\n\n";
        edited(&[(scoring, &format!("{more}{scoring}"))])
    }

    #[test]
    fn each_reason_is_true_by_itself_in_the_email_and_on_its_page() {
        let track = ("track", "on");
        let all = Confirms {
            opt_in: true,
            boxes: true,
            details: true,
        };
        let none = Confirms::default();
        for (fields, expected) in [
            (vec![], none),
            (vec![("need", "A site")], none),
            (vec![TICKED], Confirms::OPT_IN),
            (vec![track], Confirms { boxes: true, ..none }),
            (vec![("first_name", "Sam")], Confirms { details: true, ..none }),
            (vec![("first_name", "Ana"), TICKED], Confirms::OPT_IN),
            (vec![("phone", "01 99 00 12 34"), TICKED, track], all),
        ] {
            let campaign = two_boxes();
            let mut story = Story::of([campaign.clone(), other("news")]);
            story.post_to("news", &[TICKED, ("first_name", "Ana"), ("phone", "01 99 00 99 99")]);
            let post = story.mail("guide").enquiry;
            story.apply(&input::Confirm(CampaignId::new("news"), post));

            story.wait(hours(30)).post(&fields);
            let order = story.mail("guide");
            assert_eq!(order.confirms, expected, "{fields:?}");
            let page = |story: &Story| of_link(story.lead(), order.enquiry.as_ref(), &campaign);
            assert_eq!(page(&story), expected, "{fields:?}");
            story.apply(&input::Confirm(guide(), order.enquiry.clone()));
            let after = Confirms {
                details: false,
                ..expected
            };
            assert_eq!(
                page(&story),
                after,
                "{fields:?}: what was confirmed counts, and differs no more"
            );
        }
    }

    #[test]
    fn a_reminder_confirms_the_post_whose_box_it_reminds_of() {
        let mut story = Story::of([whole(&[])]);
        story.post(&[TICKED]);
        let ticked = story.mail("guide").enquiry;
        story.wait(hours(1)).post(&[("need", "A site")]);
        let other = story.mail("guide");
        assert_ne!(other.enquiry, ticked);
        assert_eq!(other.confirms, Confirms::default());
        story.wait(hours(24));
        let reminder = story.mail("reminder");
        assert_eq!((reminder.enquiry, reminder.confirms), (ticked, Confirms::OPT_IN));
    }

    #[test]
    fn a_link_older_than_the_ids_of_posts_is_about_the_opt_in() {
        let story = Story::asked();
        let campaign = story.catalog.get(&guide()).expect("the demo");
        assert_eq!(of_link(story.lead(), None, campaign), Confirms::OPT_IN);
    }
}
