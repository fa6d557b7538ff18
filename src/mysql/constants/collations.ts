/**
 * Collation ids that clients name in their handshake, with their character set. Ids agree between MySQL and MariaDB below 255; those of
 * MySQL 8 (255 to 323) are unknown to MariaDB and answered with MariaDB's default of the same character set.
 * Source: information_schema.COLLATIONS of MySQL 9.7 and MariaDB 10.11.
 */
export const UTF8MB4_GENERAL_CI = 45;
export const UTF8MB4_0900_AI_CI = 255;

const ids: Readonly<Record<number, readonly [charset: string, collation: string]>> = {
  1: ['big5', 'big5_chinese_ci'], 2: ['latin2', 'latin2_czech_cs'], 3: ['dec8', 'dec8_swedish_ci'], 4: ['cp850', 'cp850_general_ci'],
  5: ['latin1', 'latin1_german1_ci'], 6: ['hp8', 'hp8_english_ci'], 7: ['koi8r', 'koi8r_general_ci'], 8: ['latin1', 'latin1_swedish_ci'],
  9: ['latin2', 'latin2_general_ci'], 10: ['swe7', 'swe7_swedish_ci'], 11: ['ascii', 'ascii_general_ci'], 12: ['ujis', 'ujis_japanese_ci'],
  13: ['sjis', 'sjis_japanese_ci'], 14: ['cp1251', 'cp1251_bulgarian_ci'], 15: ['latin1', 'latin1_danish_ci'], 16: ['hebrew', 'hebrew_general_ci'],
  18: ['tis620', 'tis620_thai_ci'], 19: ['euckr', 'euckr_korean_ci'], 20: ['latin7', 'latin7_estonian_cs'], 21: ['latin2', 'latin2_hungarian_ci'],
  22: ['koi8u', 'koi8u_general_ci'], 23: ['cp1251', 'cp1251_ukrainian_ci'], 24: ['gb2312', 'gb2312_chinese_ci'], 25: ['greek', 'greek_general_ci'],
  26: ['cp1250', 'cp1250_general_ci'], 27: ['latin2', 'latin2_croatian_ci'], 28: ['gbk', 'gbk_chinese_ci'], 29: ['cp1257', 'cp1257_lithuanian_ci'],
  30: ['latin5', 'latin5_turkish_ci'], 31: ['latin1', 'latin1_german2_ci'], 32: ['armscii8', 'armscii8_general_ci'], 33: ['utf8mb3', 'utf8mb3_general_ci'],
  36: ['cp866', 'cp866_general_ci'], 37: ['keybcs2', 'keybcs2_general_ci'], 38: ['macce', 'macce_general_ci'], 39: ['macroman', 'macroman_general_ci'],
  40: ['cp852', 'cp852_general_ci'], 41: ['latin7', 'latin7_general_ci'], 42: ['latin7', 'latin7_general_cs'], 43: ['macce', 'macce_bin'],
  44: ['cp1250', 'cp1250_croatian_ci'], 45: ['utf8mb4', 'utf8mb4_general_ci'], 46: ['utf8mb4', 'utf8mb4_bin'], 47: ['latin1', 'latin1_bin'],
  48: ['latin1', 'latin1_general_ci'], 49: ['latin1', 'latin1_general_cs'], 50: ['cp1251', 'cp1251_bin'], 51: ['cp1251', 'cp1251_general_ci'],
  52: ['cp1251', 'cp1251_general_cs'], 57: ['cp1256', 'cp1256_general_ci'], 58: ['cp1257', 'cp1257_bin'], 59: ['cp1257', 'cp1257_general_ci'],
  63: ['binary', 'binary'], 65: ['ascii', 'ascii_bin'], 83: ['utf8mb3', 'utf8mb3_bin'], 95: ['cp932', 'cp932_japanese_ci'],
  97: ['eucjpms', 'eucjpms_japanese_ci'], 192: ['utf8mb3', 'utf8mb3_unicode_ci'], 224: ['utf8mb4', 'utf8mb4_unicode_ci'],
  225: ['utf8mb4', 'utf8mb4_icelandic_ci'], 246: ['utf8mb4', 'utf8mb4_unicode_520_ci'], 247: ['utf8mb4', 'utf8mb4_vietnamese_ci'],
  248: ['gb18030', 'gb18030_chinese_ci'], 249: ['gb18030', 'gb18030_bin'], 255: ['utf8mb4', 'utf8mb4_0900_ai_ci'],
  278: ['utf8mb4', 'utf8mb4_0900_as_cs'], 305: ['utf8mb4', 'utf8mb4_0900_as_ci'], 309: ['utf8mb4', 'utf8mb4_0900_bin'],
};

/** Character sets that a client may not use, because a byte of theirs can be mistaken for ASCII by the server's parser. Source: MySQL, "Impermissible Client Character Sets". */
const impermissible = new Set(['ucs2', 'utf16', 'utf16le', 'utf32']);

/** Character set and collation of an id; unknown ids and character sets not allowed for clients give utf8mb4, as servers fall back to their default. */
export function collationById(id: number): { readonly charset: string; readonly collation: string } {
  const entry = ids[id] ?? (id >= 224 && id < 248 ? ['utf8mb4', 'utf8mb4_unicode_ci'] as const : ['utf8mb4', 'utf8mb4_general_ci'] as const);
  return impermissible.has(entry[0]) ? { charset: 'utf8mb4', collation: 'utf8mb4_general_ci' } : { charset: entry[0], collation: entry[1] };
}
