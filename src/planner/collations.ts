/** MySQL's collation ids by name, for the collations a vschema or a schema may name. Source: information_schema.collations, MySQL 8.0 and 9. */
const ids: Readonly<Record<string, number>> = {
  big5_chinese_ci: 1, latin2_czech_cs: 2, dec8_swedish_ci: 3, cp850_general_ci: 4, latin1_german1_ci: 5, hp8_english_ci: 6, koi8r_general_ci: 7, latin1_swedish_ci: 8,
  latin2_general_ci: 9, swe7_swedish_ci: 10, ascii_general_ci: 11, ujis_japanese_ci: 12, sjis_japanese_ci: 13, cp1251_bulgarian_ci: 14, latin1_danish_ci: 15,
  hebrew_general_ci: 16, tis620_thai_ci: 18, euckr_korean_ci: 19, gb2312_chinese_ci: 24, greek_general_ci: 25, cp1250_general_ci: 26, gbk_chinese_ci: 28,
  latin5_turkish_ci: 30, latin1_german2_ci: 31, utf8_general_ci: 33, utf8mb3_general_ci: 33, ucs2_general_ci: 35, utf8mb4_general_ci: 45, utf8mb4_bin: 46,
  latin1_bin: 47, latin1_general_ci: 48, latin1_general_cs: 49, cp1251_bin: 50, cp1251_general_ci: 51, utf16_general_ci: 54, utf16_bin: 55, utf32_general_ci: 60,
  utf32_bin: 61, binary: 63, ascii_bin: 65, utf8_bin: 83, utf8mb3_bin: 83, big5_bin: 84, euckr_bin: 85, gb2312_bin: 86, gbk_bin: 87, sjis_bin: 88, ucs2_bin: 90,
  utf8mb3_unicode_ci: 192, utf8_unicode_ci: 192, utf8mb4_unicode_ci: 224, utf8mb4_unicode_520_ci: 246, gb18030_chinese_ci: 248, gb18030_bin: 249,
  utf8mb4_0900_ai_ci: 255, utf8mb4_de_pb_0900_ai_ci: 256, utf8mb4_0900_as_cs: 278, utf8mb4_ja_0900_as_cs: 303, utf8mb4_0900_as_ci: 305, utf8mb4_zh_0900_as_cs: 308,
  utf8mb4_0900_bin: 309,
};

export function collationId(name: string): number | undefined {
  return ids[name.toLowerCase()];
}

/** Whether a collation compares as if texts were padded with spaces. The UCA 9.0 ones of MySQL, binary, and MariaDB's NOPAD ones do not. */
export function padsSpaces(collation: number): boolean {
  return collation !== 63 && collation < 255;
}

/** The name of a collation id, where it is known here. */
export function collationName(id: number): string | undefined {
  return names.get(id);
}

const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
