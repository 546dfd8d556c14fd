"""The library's blocks by theme, in the order of docs/blocks/README.md."""

THEMES: dict[str, str] = {
    "Scanning DNA": "MotifScanner ReverseComplement",
    "Convolution": """Conv1d Conv2d ConvTranspose1d ConvTranspose2d SeparableConv1d ConvBlock DilatedConv1d
        DilatedConv1dBlock PreNormConv1d PreNormConvStage""",
    "Pooling and cutting": """MaxPool1d MaxPool2d AvgPool1d AvgPool2d SplitPool SoftmaxPool1d AttentionPooling
        ConvPool ATACSplitPool ATACSplitPoolMaxNorm SplitPeaks PatchLengths Upsample Upsample2d
        TargetLengthCrop CenterFit""",
    "Layers": "Linear Mlp LayerNorm RMSNorm BatchNorm GroupNorm InstanceNorm Dropout DropPath QuickGELU",
    "Recurrent layers": "GRU LSTM",
    "Attention": """Attention CrossAttention MultiheadAttention RelativeAttention AxialAttention
        AttentionAlong""",
    "Transformers": """TransformerBlock TransformerEncoderLayer PairedBlock RelativeTransformerBlock
        GETTransformer GETTransformerWithContactMap GETTransformerWithContactMapOE
        GETTransformerWithContactMapAxial""",
    "Embeddings and positions": """Embedding RegionEmbed AbsolutePositionalEncoding CTCFPositionalEncoding
        LogDistance""",
    "Heads": "ExpressionHead ATACHead ContactMapHead DistanceContactHead HiCHead OuterProductMean",
    "Losses": """PoissonNLL MSE MAE Huber BCE BCEWithLogits CrossEntropy KL MNLL PoissonMultinomial CosineMSE
        Contrastive log1pMSE""",
    "Of losses": "Gradient KnownContacts LogRate ProfileTrack ProfileWindow",
}
SOURCES = "Data sources"


def theme_of(name: str) -> str | None:
    return next((theme for theme, names in THEMES.items() if name in names.split()), None)
