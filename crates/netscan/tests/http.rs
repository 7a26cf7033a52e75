//! The server from outside, as programs of other people meet it.

mod http {
    mod fuzz;
    mod journey;
    mod served;
}
