import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';

const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The environment variable of a flag: `--gate-mysql` is VTREWIND_GATE_MYSQL. */
export const environmentName = (long: string): string => `VTREWIND_${long.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;

/**
 * Lets every flag of every command come from the environment, and from the YAML file that `--config-file FILE` names (keys are flag names, with
 * hyphens or underscores). The command line wins over the environment, and that over the file. Throws VTR0910 for a key that is no flag of the command.
 */
export function settingsFromFile(program: Command, argv: readonly string[]): void {
  for (const command of program.commands) {
    for (const option of command.options) if (option.long && option.envVar === undefined) option.env(environmentName(option.long));
  }
  const at = argv.findIndex((word) => word === '--config-file' || word.startsWith('--config-file='));
  if (at < 0) return;
  const file = argv[at]?.includes('=') ? argv[at].slice('--config-file='.length) : argv[at + 1];
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  if (file === undefined || command === undefined) return;
  const refuse = (message: string, cause?: unknown) => new VtrewindError({ code: 'VTR0910', grpc: 'INVALID_ARGUMENT', message: `${file}: ${message}`, cause });
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const checked = settings.safeParse(document);
  if (!checked.success) throw refuse('expected one level of flag names and plain values');
  for (const [key, value] of Object.entries(checked.data)) {
    const long = `--${key.replaceAll('_', '-')}`;
    const option = command.options.find((candidate) => candidate.long === long);
    if (option === undefined) throw refuse(`'${key}' is no flag of vtrewind ${command.name()}`);
    const parsed = typeof value === 'boolean' ? value : option.parseArg ? option.parseArg(String(value), undefined) : String(value);
    command.setOptionValueWithSource(option.attributeName(), parsed, 'config');
  }
}
