//! The plan that a prepared query keeps: the last one, while the same version is read in the same way.
//!
//! A plan is made from the counts of a version and holds its ids, so the next commit makes it void.

use crate::plan::{Plan, RequestGraphs};
use crate::store::{Version, View};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// See the module. Keeps no version readable.
#[derive(Debug, Default)]
pub(super) struct KeptPlan {
    last: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    plan: Arc<Plan>,
    /// As long as this is held, no other version has its address.
    version: Weak<Version>,
    view: View,
    graphs: RequestGraphs,
}

impl KeptPlan {
    /// The plan, if it was made for this.
    pub(super) fn get(
        &self,
        version: &Weak<Version>,
        view: View,
        graphs: &RequestGraphs,
    ) -> Option<Arc<Plan>> {
        let last = self.last.lock();
        let made = last.as_ref()?;
        (Weak::ptr_eq(&made.version, version) && made.view == view && made.graphs == *graphs)
            .then(|| made.plan.clone())
    }

    /// Keeps a plan in place of the last one.
    pub(super) fn keep(
        &self,
        plan: &Arc<Plan>,
        version: &Weak<Version>,
        view: View,
        graphs: RequestGraphs,
    ) {
        *self.last.lock() = Some(Made {
            plan: plan.clone(),
            version: version.clone(),
            view,
            graphs,
        });
    }
}
