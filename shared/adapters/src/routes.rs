//! The one list of routes: the local system dispatches by it, the template is compared with it.

/// Which function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Form posts and the hosted form.
    Capture,
    /// Signed links.
    Consent,
    /// Operator pages and API, and the public calculator: it may use up the console's copies, and never those of capture.
    Console,
    /// What other systems report.
    Trigger,
}

/// Every public route: the path as API Gateway writes it, and who answers.
pub const ROUTES: [(&str, Function); 17] = [
    ("/forms/{form}", Function::Capture),
    ("/forms/{form}/thanks", Function::Capture),
    ("/forms/{form}/visits", Function::Capture),
    ("/forms/{form}/challenge", Function::Capture),
    ("/forms/{form}/snippet.js", Function::Capture),
    ("/forms/{form}/logo", Function::Capture),
    ("/confirm", Function::Consent),
    ("/unsubscribe", Function::Consent),
    ("/preferences", Function::Consent),
    ("/my-data", Function::Consent),
    ("/resources/{resource}", Function::Consent),
    ("/triggers/{source}", Function::Trigger),
    ("/sales", Function::Console),
    ("/api/{proxy+}", Function::Console),
    ("/console", Function::Console),
    ("/console/{proxy+}", Function::Console),
    ("/calculator", Function::Console),
];

/// Who answers a path.
pub fn function_for(path: &str) -> Option<Function> {
    ROUTES
        .iter()
        .find(|(route, _)| matches(route, path))
        .map(|(_, function)| *function)
}

fn matches(route: &str, path: &str) -> bool {
    let mut given = path.trim_matches('/').split('/');
    let mut wanted = route.trim_matches('/').split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.ends_with("+}") => return true,
            (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => {}
            (Some(part), Some(value)) if part == value => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_function() {
        let check = |path, expected| assert_eq!(function_for(path), expected, "{path}");
        check("/forms/guide-seo", Some(Function::Capture));
        check("/forms/guide-seo/thanks", Some(Function::Capture));
        check("/forms", None);
        check("/forms/", None);
        check("/forms/a/b", None);
        check("/confirm", Some(Function::Consent));
        check("/resources/guide-seo", Some(Function::Consent));
        check("/api/leads/x/plan", Some(Function::Console));
        check("/triggers/crm", Some(Function::Trigger));
        check("/triggers", None);
        check("/api", None);
        check("/console", Some(Function::Console));
        check("/console/leads/x", Some(Function::Console));
        check("/", None);
    }
}
