//! The layouts, one a file: from a file or folder to [`super::found::FoundRun`]s.

mod csv;
mod guild;
mod huggingface;
mod json;
mod keras;
mod lightning;
mod lm_eval;
mod mlflow;
mod object;
mod parameters;
mod sacred;
mod tensorboard;
mod wandb;
mod wandb_log;
mod wandb_steps;

pub(crate) use csv::read as read_csv;
pub(crate) use guild::read as read_guild;
pub(crate) use huggingface::{
    is_result_name as is_huggingface_name, read_file as read_huggingface,
    read_folder as read_huggingface_folder,
};
pub(crate) use json::read as read_json;
pub(crate) use lightning::{
    is_run_folder as is_lightning_folder, read_folder as read_lightning_folder,
};
pub(crate) use mlflow::{is_run_folder as is_mlflow_folder, read as read_mlflow};
pub(crate) use sacred::{is_run_folder as is_sacred_folder, read as read_sacred};
pub(crate) use tensorboard::{is_event_file, read as read_events};
pub(crate) use wandb::{is_run_folder as is_wandb_folder, read as read_wandb};
pub(crate) use wandb_log::read as read_wandb_log;
