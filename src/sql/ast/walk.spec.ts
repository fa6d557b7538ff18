import { describe, expect, it } from 'vitest';
import { parseExpression, parseStatement } from '../parser/index.ts';
import { printStatement } from '../printer/index.ts';
import * as build from './build.ts';
import { directives } from './directives.ts';
import type { Select } from './query.ts';
import { rewrite, rewriteTopDown } from './rewrite.ts';
import { sameTree } from './sameTree.ts';
import type { SyntaxNode } from './syntaxNode.ts';
import { findAll, some, visit } from './visit.ts';

const sql = "select a, t.b + 1 as c from t join (select x from u where y in (1, 2)) as d on d.x = t.a where exists (select 1 from v) and not t.b like 'z%' order by c asc limit 3";

describe('visit', () => {
  it('enters parents before children and leaves them after', () => {
    const open: string[] = [];
    const depths = new Map<SyntaxNode, number>();
    visit(parseStatement(sql), {
      enter: (node, parent) => {
        depths.set(node, parent === undefined ? 0 : (depths.get(parent) ?? Number.NaN) + 1);
        open.push(node.kind);
      },
      leave: (node) => expect(open.pop()).toBe(node.kind),
    });
    expect(open).toEqual([]);
    expect([...depths.values()].every((depth) => depth >= 0)).toBe(true);
  });

  it('does not go into what enter refuses', () => {
    const columns: string[] = [];
    visit(parseStatement(sql), {
      enter: (node) => {
        if (node.kind === 'column') columns.push(node.name);
        return node.kind !== 'derivedTable' && node.kind !== 'exists';
      },
    });
    expect(columns.sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'x']);
  });

  it('finds all nodes of a kind, and some', () => {
    const tree = parseStatement(sql);
    expect(findAll(tree, 'tableName').map((t) => t.name).sort()).toEqual(['t', 'u', 'v']);
    expect(some(tree, (n) => n.kind === 'like')).toBe(true);
    expect(some(tree, (n) => n.kind === 'in', (n) => n.kind !== 'derivedTable')).toBe(false);
  });

  it('visits every node that rewriting visits', () => {
    const tree = parseStatement(sql);
    let visited = 0;
    let rewritten = 0;
    visit(tree, { enter: () => void visited++ });
    rewrite(tree, (node) => {
      rewritten++;
      return node;
    });
    expect(visited).toBe(rewritten);
  });
});

describe('rewrite', () => {
  it('answers the very same tree when nothing changes', () => {
    const tree = parseStatement(sql);
    expect(rewrite(tree, (node) => node)).toBe(tree);
    expect(rewriteTopDown(tree, () => undefined)).toBe(tree);
  });

  it('shares all that does not change', () => {
    const tree = parseStatement(sql) as Select;
    const changed = rewrite(tree, (node) => (node.kind === 'tableName' && node.name === 'v' ? build.tableName('w') : node));
    expect(printStatement(changed)).toBe(sql.replace('from v', 'from w'));
    expect(changed.items).toBe(tree.items);
    expect(changed.from).toBe(tree.from);
    expect(changed.where).not.toBe(tree.where);
    expect(printStatement(tree)).toBe(sql);
  });

  it('sees children before parents, with the parent as it was', () => {
    const tree = parseExpression('a + b * c');
    const seen: string[] = [];
    rewrite(tree, (node, parent) => {
      seen.push(`${node.kind}<${parent?.kind ?? ''}`);
      return node;
    });
    expect(seen).toEqual(['column<arithmetic', 'column<arithmetic', 'column<arithmetic', 'arithmetic<arithmetic', 'arithmetic<']);
  });

  it('top-down puts a node in and does not go into it', () => {
    const changed = rewriteTopDown(parseExpression('f(a) + g(f(b))'), (node) =>
      node.kind === 'function' && node.name === 'f' ? build.call('f', build.call('f', ...node.args)) : undefined,
    );
    expect(sameTree(changed, parseExpression('f(f(a)) + g(f(f(b)))'))).toBe(true);
  });
});

describe('long chains', () => {
  const long = Array.from({ length: 4000 }, (_, i) => `a = ${i}`);
  it.each([
    ['or', `select 1 from t where ${long.join(' or ')}`],
    ['+', `select ${long.map((_, i) => i).join(' + ')}`],
    ['union', `${long.map((_, i) => `select ${i}`).join(' union ')}`],
    ['join', `select 1 from t${long.map((_, i) => ` left join t${i} on t${i}.a = t.a`).join('')}`],
  ])('of %s are walked, rewritten, compared and printed', (_, text) => {
    const tree = parseStatement(text);
    let nodes = 0;
    visit(tree, { enter: () => void nodes++ });
    expect(nodes).toBeGreaterThan(3000);
    expect(rewrite(tree, (node) => node)).toBe(tree);
    expect(rewriteTopDown(tree, () => undefined)).toBe(tree);
    expect(sameTree(parseStatement(printStatement(tree)), tree)).toBe(true);
  });
});

describe('building', () => {
  it('joins terms and takes them apart', () => {
    const a = build.column('a');
    const b = build.column('b', 't');
    const c = build.eq(a, build.bind('v1'));
    expect(build.and()).toBeUndefined();
    expect(build.and(undefined, a)).toBe(a);
    const all = build.and(a, undefined, b, c);
    expect(build.terms('and', all)).toEqual([a, b, c]);
    expect(build.terms('or', all)).toEqual([all]);
    expect(build.terms('and', undefined)).toEqual([]);
    const query = build.select([build.item(a, 'x'), build.item(build.countStar())], [build.table('t', 'u', 's')], {
      where: build.or(all, build.inList(b, build.listBind('vals'))), groupBy: build.groupBy([a]), orderBy: [build.orderItem(a, 'desc')], limit: build.limit(build.integer(5)),
    });
    expect(printStatement(query)).toBe('select a as x, count(*) from s.t as u where a and t.b and a = :v1 or t.b in ::vals group by a order by a desc limit 5');
    expect(sameTree(parseStatement(printStatement(query)), query)).toBe(true);
    expect(() => build.integer(-1)).toThrow(RangeError);
  });
});

describe('directives', () => {
  it('are read from the comments at the beginning', () => {
    expect(directives(parseStatement('/*vt+ LEAD */ select /*vt+ QUERY_TIMEOUT_MS=10 allow_scatter */ /* no */ 1 /*vt+ LATE=1 */'))).toEqual({ LEAD: true, QUERY_TIMEOUT_MS: '10', ALLOW_SCATTER: true });
    expect(directives(parseStatement('select 1'))).toEqual({});
  });
});
