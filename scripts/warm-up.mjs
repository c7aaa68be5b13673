// Runs after npm's install. Owns: that the first network of a clone starts as quickly as the later ones, its source
// compiled already. On a Node that is too old, or when anything fails, nothing is saved and nothing is said.
try {
  const { warmUp } = await import('../packages/devnet/src/supervisor/warm-up.ts');
  await warmUp();
} catch {
  // The first start compiles by itself.
}
