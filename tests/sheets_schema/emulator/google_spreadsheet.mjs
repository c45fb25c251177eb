// Drives the npm package google-spreadsheet, unmodified, against the emulator.
// node google_spreadsheet.mjs PACKAGE_ENTRY ORIGIN SPREADSHEET_ID; prints one JSON object of what it saw.
const [entry, origin, id] = process.argv.slice(2);
const GOOGLE = /^https:\/\/(sheets|www)\.googleapis\.com/;
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = String(input.url ?? input).replace(GOOGLE, origin);
  return realFetch(input instanceof Request ? new Request(url, input) : url, init);
};

const { GoogleSpreadsheet } = await import(entry);
const seen = {};
const doc = new GoogleSpreadsheet(id, { token: "user:ada@example.com" });
await doc.loadInfo();
seen.title = doc.title;
await doc.updateProperties({ title: "renamed" });

const sheet = await doc.addSheet({ title: "people", headerValues: ["name", "email"] });
await sheet.addRow({ name: "Ada", email: "ada@example.com" });
await sheet.addRows([{ name: "B", email: "b" }, { name: "C", email: "c" }]);
const rows = await sheet.getRows();
seen.names = rows.map((row) => row.get("name"));
rows[1].set("email", "b2");
await rows[1].save();
await rows[0].delete();
seen.left = (await sheet.getRows()).map((row) => row.toObject());

await sheet.loadCells("A1:B3");
const cell = sheet.getCell(1, 0);
cell.value = 12;
cell.textFormat = { bold: true };
cell.note = "n";
await sheet.saveUpdatedCells();
await sheet.loadCells("A1:B3");
seen.cell = [sheet.getCell(1, 0).value, sheet.getCell(1, 0).note, sheet.getCell(1, 0).textFormat];

await sheet.resize({ rowCount: 50, columnCount: 5 });
await sheet.clearRows();
await sheet.mergeCells({ startRowIndex: 5, endRowIndex: 6, startColumnIndex: 0, endColumnIndex: 2 });
await sheet.updateDimensionProperties("COLUMNS", { pixelSize: 200 }, { startIndex: 0, endIndex: 1 });
const place = { sheetId: sheet.sheetId, startRowIndex: 0, endRowIndex: 1, startColumnIndex: 0, endColumnIndex: 1 };
await doc.addNamedRange("place", place);
const twin = await sheet.duplicate({ title: "twin" });
await twin.delete();
await sheet.delete();
seen.sheets = doc.sheetCount;
console.log(JSON.stringify(seen));
