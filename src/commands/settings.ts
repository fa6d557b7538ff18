import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';

const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The environment variable of a flag: `--gate-mysql` is VTREWIND_GATE_MYSQL. */
export const environmentName = (long: string): string => `VTREWIND_${long.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;

/**
 * Lets every flag of the command that is called come from the environment, and from the YAML file that `--config-file FILE` names (keys are flag
 * names, with hyphens or underscores). The command line wins over the environment, and that over the file. Throws VTR0910 for a key that is no flag
 * of the command, or a value that its flag does not take.
 */
export function applySettings(program: Command, argv: readonly string[], environment: NodeJS.ProcessEnv): void {
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  if (command === undefined) return;
  const file = configFile(argv);
  if (file !== undefined) {
    for (const [key, value] of Object.entries(readSettings(file))) {
      const option = command.options.find((candidate) => candidate.long === `--${key.replaceAll('_', '-')}`);
      if (option === undefined) throw refuse(file, `'${key}' is no flag of vtrewind ${command.name()}`);
      set(command, option, String(value), 'config', file);
    }
  }
  for (const option of command.options) {
    const name = environmentName(option.long ?? '');
    const value = environment[name];
    if (option.long && value !== undefined) set(command, option, value, 'env', name);
  }
}

function set(command: Command, option: Option, text: string, source: 'config' | 'env', where: string): void {
  try {
    command.setOptionValueWithSource(option.attributeName(), parseValue(option, text), source);
  } catch (cause) {
    throw refuse(where, `${option.long}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function parseValue(option: Option, text: string): unknown {
  if (option.isBoolean()) {
    if (!/^(true|false|1|0)$/i.test(text)) throw new Error(`'${text}' is neither true nor false`);
    return /^(true|1)$/i.test(text) || undefined;
  }
  return option.parseArg ? option.parseArg(text, undefined) : text;
}

function configFile(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--config-file' || word.startsWith('--config-file='));
  if (at < 0) return undefined;
  return argv[at]?.includes('=') ? argv[at].slice('--config-file='.length) : argv[at + 1];
}

function readSettings(file: string): z.infer<typeof settings> {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw refuse(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const checked = settings.safeParse(document);
  if (!checked.success) throw refuse(file, 'expected one level of flag names and plain values');
  return checked.data;
}

function refuse(where: string, message: string, cause?: unknown): VtrewindError {
  return new VtrewindError({ code: 'VTR0910', grpc: 'INVALID_ARGUMENT', message: `${where}: ${message}`, cause });
}
