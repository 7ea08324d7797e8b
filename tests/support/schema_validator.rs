//! A compiled JSON Schema; tests of several packages include this file.

/// A compiled schema.
pub struct SchemaValidator {
    schemas: boon::Schemas,
    root: boon::SchemaIndex,
}

impl SchemaValidator {
    /// Compiles a schema, which must be one.
    pub fn new(schema: serde_json::Value) -> Self {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler
            .add_resource("schema.json", schema)
            .expect("it has an address");
        let root = compiler.compile("schema.json", &mut schemas);
        let root = root.unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, root }
    }

    /// The problem of a value.
    pub fn problem(&self, value: &serde_json::Value) -> Option<String> {
        let problem = self.schemas.validate(value, self.root).err()?;
        Some(format!("{problem:#}"))
    }
}
