declare module 'virtual:run-document' {
  /** The JSON schema of run documents as people write them, from the schema that validates them. */
  export const runDocumentSchema: import('./submit/schema.js').JsonSchema;
}
