//! The rule-based model as a vendor like the others: opened with leave of its own, and answering at once.

use callwright_compliance::vendor::Role;
use callwright_core::Goal;
use callwright_vendors::local::Rules;
use callwright_vendors::{LanguageModel, VendorError};

use crate::common::{egress, written};
use crate::openai::{MEMBER, done, request, segment};

#[tokio::test]
async fn it_words_every_goal_and_writes_nothing_down() {
    let (egress, book) = egress(Role::LanguageModel, "rules");
    let mut session = Rules.open(egress).unwrap();
    session.warm();
    let mut events = session.turn(request(&[MEMBER, Goal::Close]));
    assert_eq!(segment(&mut events).await, "The member I D is {member_id}.");
    assert!(segment(&mut events).await.contains("Goodbye"));
    done(&mut events).await;
    assert!(written(&book).is_empty());
}

#[test]
fn leave_for_another_vendor_opens_nothing() {
    let refused = Rules.open(egress(Role::LanguageModel, "openai").0).err();
    assert_eq!(refused, Some(VendorError::WrongPermit { vendor: "rules" }));
}
