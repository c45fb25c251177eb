"""An order in every shape in which Zapier and Shopify send it. Pure."""
