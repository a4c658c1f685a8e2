"""The collection for machines: ClaimReviews, tables, an RO-Crate, a sitemap, a link preview."""
