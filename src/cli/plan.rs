//! stub
pub fn run(_: &super::args::PlanArgs) -> super::Status {
    super::Status::BadInput
}
