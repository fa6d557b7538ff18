import type { PrintRules } from './printer.ts';

export const showRules: PrintRules<'show' | 'explain' | 'describe' | 'explainConnection' | 'vexplain'> = {
  show: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('show');
    p.comments(n.comments, 'verb');
    p.text(`${n.extended ? ' extended' : ''}${n.full ? ' full' : ''}${n.scope === undefined ? '' : ` ${n.scope}`}`);
    p.text(n.count ? ` count(*) ${n.what}` : n.what === 'vitess_migration logs' ? ' vitess_migration' : ` ${n.what}`);
    if (n.ifNotExists) p.text(' if not exists');
    if (n.name !== undefined) {
      if (n.what === 'transaction status') p.text(' for');
      p.text(' ');
      if (n.what === 'engine' && n.name !== 'all') p.name(n.name);
      else if (n.what === 'engine') p.text(n.name);
      else p.string(n.name);
      if (n.what === 'vitess_migration logs') p.text(' logs');
    }
    if (n.table !== undefined) {
      p.text(n.what === 'vschema vindexes' ? ' on ' : n.what === 'columns' || n.what === 'index' ? ' from ' : ' ');
      p.node(n.table);
    }
    if (n.schema !== undefined) {
      p.text(n.what === 'create database' ? ' ' : n.what === 'unresolved transactions' || n.what === 'restore window' ? ' for ' : ' from ');
      p.name(n.schema);
    }
    // The events of a log have their LIMIT before FOR CHANNEL.
    const channel = n.what === 'relaylog events' && n.rest !== undefined ? n.rest.search(/(^| )for /) : -1;
    if (n.rest !== undefined) p.text(` ${channel < 0 ? n.rest : n.rest.slice(0, channel)}`.trimEnd());
    if (n.like !== undefined) {
      p.text(' like ');
      p.string(n.like);
    } else if (n.where !== undefined) {
      p.text(' where ');
      p.expression(n.where);
    }
    if (n.limit !== undefined) p.node(n.limit);
    if (channel >= 0 && n.rest !== undefined) p.text(` ${n.rest.slice(channel).trim()}`);
    p.comments(n.comments, 'trailing');
  },
  explain: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text(n.verb);
    p.comments(n.comments, 'verb');
    p.text(`${n.analyze && n.verb === 'explain' ? ' analyze' : ''}${n.extended ? ' extended' : ''}${n.partitions ? ' partitions' : ''}`);
    if (n.format !== undefined) p.text(` format = ${n.format}`);
    if (n.into !== undefined) {
      p.text(' into @');
      if (/^[A-Za-z0-9_$.]+$/.test(n.into)) p.text(n.into);
      else p.quotedName(n.into);
    }
    if (n.schema !== undefined) {
      p.text(' for schema ');
      p.name(n.schema);
    }
    p.text(' ');
    p.node(n.statement);
    p.comments(n.comments, 'trailing');
  },
  describe: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('describe ');
    p.node(n.table);
    if (n.column !== undefined) {
      p.text(' ');
      p.name(n.column);
    } else if (n.wild !== undefined) {
      p.text(' ');
      p.string(n.wild);
    }
    p.comments(n.comments, 'trailing');
  },
  explainConnection: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text(n.format === undefined ? 'explain for connection ' : `explain format = ${n.format} for connection `);
    p.text(n.connection);
    p.comments(n.comments, 'trailing');
  },
  vexplain: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text(`vexplain ${n.type} `);
    p.node(n.statement);
    p.comments(n.comments, 'trailing');
  },
};
