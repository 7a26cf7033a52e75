//! What each key does, and what each sight changes.

use super::*;
use crate::watch::samples;

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn of_list() -> Model {
    let mut model = Model::new("project default", (80, 24), None);
    let scans = [(3, "running"), (2, "paused"), (1, "completed")];
    let scans = scans.map(|(number, status)| samples::listed(number, status, None));
    model.update(Event::Saw(Seen::Scans(scans.to_vec())), second(0));
    model
}

fn of_scan(status: &str) -> Model {
    let sight = samples::sight(status);
    let scan = sight.snapshot.scan.clone();
    let mut model = Model::new("project default", (80, 24), Some(scan));
    model.update(Event::Saw(Seen::Scan(Box::new(sight))), second(0));
    model
}

fn type_key(model: &mut Model, key: Key) -> Option<Action> {
    model.update(Event::Typed(key), second(1)).action
}

fn type_letters(model: &mut Model, letters: &str) -> Option<Action> {
    letters.chars().map(|letter| type_key(model, Key::Letter(letter))).last().flatten()
}

fn selected(model: &Model) -> u64 {
    model.current().unwrap().number
}

fn said(model: &Model) -> &str {
    model.message.as_ref().map_or("", |message| &message.text)
}

fn order(wish: Wish) -> Action {
    let scan = samples::scan(7, "running");
    Action::CarryOut(Box::new(Order { scan, wish }))
}

#[test]
fn arrows_and_j_k_point_and_stop_at_the_ends() {
    let mut model = of_list();
    let mut pointed = Vec::new();
    for key in [Key::Up, Key::Down, Key::Letter('j'), Key::Down, Key::Letter('k'), Key::Up] {
        assert_eq!(type_key(&mut model, key), None);
        pointed.push(selected(&model));
    }

    assert_eq!(pointed, [3, 2, 1, 1, 2, 3]);
}

#[test]
fn what_is_pointed_at_stays_when_scans_are_added() {
    let mut model = of_list();
    type_letters(&mut model, "j");

    let mut scans = model.scans.clone().unwrap();
    scans.insert(0, samples::listed(4, "queued", None));
    model.update(Event::Saw(Seen::Scans(scans)), second(2));

    assert_eq!(selected(&model), 2);
}

#[test]
fn enter_opens_a_scan_and_esc_goes_back_to_it_in_the_list() {
    let mut model = of_list();
    type_letters(&mut model, "j");

    assert_eq!(type_key(&mut model, Key::Open), Some(Action::Look));
    let opened = model.subject();
    assert_eq!(type_key(&mut model, Key::Back), Some(Action::Look));

    assert!(matches!(opened, Subject::Scan { scan, since: None } if scan.number == 2));
    assert_eq!(selected(&model), 2);
    assert_eq!(type_key(&mut model, Key::Back), None);
}

#[test]
fn p_r_plus_and_minus_order_what_they_say() {
    let concurrency = |count| Wish::Concurrency(NonZeroU32::new(count).unwrap());
    for (letter, wish) in [
        ("p", Wish::Pause),
        ("r", Wish::Resume),
        ("+", concurrency(5)),
        ("=", concurrency(5)),
        ("-", concurrency(3)),
    ] {
        assert_eq!(type_letters(&mut of_scan("running"), letter), Some(order(wish)), "{letter}");
    }
}

#[test]
fn r_starts_a_scan_that_was_not_started() {
    let order = Order { scan: samples::scan(7, "created"), wish: Wish::Start };

    assert_eq!(type_letters(&mut of_scan("created"), "r"), Some(Action::CarryOut(Box::new(order))));
}

#[test]
fn one_batch_at_a_time_is_the_least() {
    let mut model = of_scan("running");
    model.watched.as_mut().unwrap().scan.limits.concurrency = NonZeroU32::MIN;

    assert_eq!(type_letters(&mut model, "-"), None);

    assert_eq!(said(&model), "One batch at a time is the least; p pauses");
}

#[test]
fn stop_asks_first_and_only_yes_is_yes() {
    let mut model = of_scan("running");
    assert_eq!(type_letters(&mut model, "s"), None);
    assert_eq!(type_letters(&mut model, "y"), Some(order(Wish::Stop)));

    for no in [Key::Letter('n'), Key::Back, Key::Open, Key::Letter('s'), Key::Letter('q')] {
        let mut model = of_scan("running");
        type_letters(&mut model, "s");

        assert_eq!(type_key(&mut model, no), None, "{no:?}");

        assert_eq!((said(&model), &model.asks_to_stop), ("Scan 7 goes on", &None));
    }
}

#[test]
fn q_and_ctrl_c_leave_and_ctrl_c_does_so_even_when_something_is_asked() {
    assert_eq!(type_letters(&mut of_list(), "q"), Some(Action::Leave));
    assert_eq!(type_letters(&mut of_scan("running"), "?q"), Some(Action::Leave));
    let mut model = of_scan("running");
    type_letters(&mut model, "s");
    assert_eq!(type_key(&mut model, Key::Leave), Some(Action::Leave));
}

#[test]
fn help_comes_with_a_question_mark_and_goes_with_any_key() {
    let mut model = of_scan("running");
    type_letters(&mut model, "?");
    assert!(model.is_helping);

    assert_eq!(type_letters(&mut model, "p"), None);

    assert!(!model.is_helping);
}

#[test]
fn one_order_is_carried_out_at_a_time() {
    let mut model = of_scan("running");
    type_letters(&mut model, "p");

    assert_eq!(type_letters(&mut model, "r"), None);
    assert_eq!(said(&model), "One moment: what you asked for is still being done");
    let scan = samples::scan(7, "paused");
    let sentence = "Scan 7 is paused".to_owned();
    let done =
        model.update(Event::Done(Box::new(Answer { scan: scan.clone(), sentence })), second(2));

    assert_eq!(done.action, Some(Action::Look));
    assert_eq!((said(&model), &model.watched.as_ref().unwrap().scan), ("Scan 7 is paused", &scan));
    let resume = Order { scan, wish: Wish::Resume };
    assert_eq!(type_letters(&mut model, "r"), Some(Action::CarryOut(Box::new(resume))));
}

#[test]
fn a_refusal_is_told_until_the_next_key() {
    let mut model = of_scan("completed");
    type_letters(&mut model, "p");

    model.update(Event::Refused("Cannot pause a scan that is completed".into()), second(1));
    assert_eq!(said(&model), "Cannot pause a scan that is completed");
    type_letters(&mut model, "j");

    assert_eq!(said(&model), "");
}

#[test]
fn trouble_is_told_until_something_is_seen_again() {
    let mut model = of_scan("running");
    model.update(Event::Missed("Cannot reach the server".into()), second(1));
    assert_eq!(said(&model), "Cannot reach the server");

    let sight = model.watched.as_ref().unwrap().sight.clone().unwrap();
    let outcome = model.update(Event::Saw(Seen::Scan(Box::new(sight))), second(2));

    assert_eq!((said(&model), outcome.is_changed), ("", true));
}

#[test]
fn nothing_is_drawn_anew_for_what_was_seen_before() {
    let mut model = of_list();
    let scans = model.scans.clone().unwrap();
    assert_eq!(model.update(Event::Saw(Seen::Scans(scans)), second(1)), Outcome::default());

    let mut model = of_scan("running");
    let sight = model.watched.as_ref().unwrap().sight.clone().unwrap();
    assert_eq!(
        model.update(Event::Saw(Seen::Scan(Box::new(sight))), second(1)),
        Outcome::default()
    );
}

#[test]
fn the_next_look_asks_for_the_events_behind_the_last() {
    let model = of_scan("running");

    assert!(matches!(model.subject(), Subject::Scan { since: Some(4), .. }));
    assert_eq!(model.watched.as_ref().unwrap().entries().len(), 4);
}

#[test]
fn what_was_seen_of_another_scan_comes_too_late() {
    let mut model = of_list();
    type_key(&mut model, Key::Open);

    let outcome =
        model.update(Event::Saw(Seen::Scan(Box::new(samples::sight("running")))), second(1));

    assert_eq!(outcome, Outcome::default());
    assert!(model.watched.as_ref().unwrap().sight.is_none());
}

#[test]
fn keys_for_a_scan_say_so_where_there_is_none() {
    let mut model = Model::new("project default", (80, 24), None);
    model.update(Event::Saw(Seen::Scans(Vec::new())), second(0));

    for key in ["p", "r", "s", "+", "-"] {
        assert_eq!(type_letters(&mut model, key), None);
        assert_eq!(said(&model), "There is no scan to do this to");
    }
    assert_eq!(type_key(&mut model, Key::Open), None);
    assert_eq!(type_key(&mut model, Key::Down), None);
}

#[test]
fn events_are_read_back_and_new_ones_do_not_move_what_is_read() {
    let mut model = of_scan("running");
    type_letters(&mut model, "kk");
    assert_eq!(model.watched.as_ref().unwrap().log.below(), 2);

    let mut sight = samples::sight("running");
    sight.events =
        vec![samples::event(5, "scan_complete", serde_json::json!({ "status": "completed" }))];
    model.update(Event::Saw(Seen::Scan(Box::new(sight))), second(2));
    assert_eq!(model.watched.as_ref().unwrap().log.below(), 3);
    type_letters(&mut model, "jjjjj");

    assert_eq!(model.watched.as_ref().unwrap().log.below(), 0);
}
