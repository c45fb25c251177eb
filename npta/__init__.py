"""Key fulfillment for NPTA: assigns bulk-bought access keys to paid orders, with Google Sheets as the database."""
