"""Key fulfillment for NPTA: bulk-bought access keys for paid orders, on Google Sheets."""
