//! What happens while long work is done, told to one observer; only the terminal front end prints.
